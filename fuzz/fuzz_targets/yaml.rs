//! Documents of objects, YAML and JSON, on any bytes. Limits are small, so that what could grow without end is found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zato_server::config::tree::{self, Data, Limits, Node};

const LIMITS: Limits = Limits { bytes: 64 << 10, depth: 32, nodes: 10_000, text: 1 << 20 };

fuzz_target!(|data: &[u8]| {
    let (node, problems) = tree::parse(data, LIMITS);
    assert!(node.is_some() || !problems.is_empty(), "neither a tree nor a problem");
    let Some(node) = node.filter(|_| problems.is_empty()) else { return };
    let mut count = 0;
    walk(&node, 0, &mut count);
    assert!(count <= LIMITS.nodes, "{count} nodes");

    // JSON of the tree is read as the same tree.
    let json = node.to_json();
    let (again, problems) = tree::parse(json.to_string().as_bytes(), Limits { bytes: usize::MAX, ..LIMITS });
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(again.map(|node| node.to_json()), Some(json));
});

fn walk(node: &Node, depth: usize, count: &mut usize) {
    *count += 1;
    assert!(depth <= LIMITS.depth && node.line > 0);
    match &node.data {
        Data::Scalar(_) => {}
        Data::List(items) => items.iter().for_each(|item| walk(item, depth + 1, count)),
        Data::Map(pairs) => {
            for pair in pairs {
                assert!(node.get(&pair.key).is_some() && pair.line > 0);
                walk(&pair.value, depth + 1, count);
            }
        }
    }
}
