use serde_json::json;

use super::*;

fn pair(line_limit: usize) -> ((Peer, mpsc::Receiver<Incoming>), (Peer, mpsc::Receiver<Incoming>)) {
    let (left, right) = UnixStream::pair().unwrap();
    (Peer::start(left, line_limit), Peer::start(right, line_limit))
}

#[tokio::test]
async fn both_sides_ask_and_answer_out_of_order() {
    let ((left, mut from_right), (right, mut from_left)) = pair(1000);
    let first = json!("first");
    let second = json!("second");
    let asking = async { tokio::join!(left.ask::<String>(&first), left.ask::<String>(&second)) };
    let answering = async {
        let one = from_left.recv().await.unwrap();
        let two = from_left.recv().await.unwrap();
        let nested = right.ask::<i64>(&json!("number")).await.unwrap();
        two.answer(Ok(format!("second {nested}")));
        one.answer(Err::<(), _>(Error::new(ErrorKind::NotFound, "no first")));
    };
    let nested = async { from_right.recv().await.unwrap().answer(Ok(7)) };
    let ((one, two), (), ()) = tokio::join!(asking, answering, nested);
    assert_eq!(one.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(two.unwrap(), "second 7");
}

#[tokio::test]
async fn an_unanswered_question_is_refused() {
    let ((left, _incoming), (_right, mut from_left)) = pair(1000);
    let question = json!(1);
    let (answer, ()) = tokio::join!(left.ask::<i64>(&question), async { drop(from_left.recv().await) });
    assert_eq!(answer.unwrap_err().message(), "the request was not answered");
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_process_that_is_suspended() {
    // The other side takes the question and goes on living, as a stopped process does.
    let ((left, _incoming), (_right, _from_left)) = pair(1000);
    let answer = left.ask_within::<i64>(&json!(1), Duration::from_millis(10)).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn the_end_of_the_connection_fails_those_who_wait() {
    let ((left, _incoming), (right, mut from_left)) = pair(1000);
    let question = json!(1);
    let ending = async {
        let asked = from_left.recv().await.unwrap();
        right.close();
        asked
    };
    let (answer, _asked) = tokio::join!(left.ask::<i64>(&question), ending);
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Io);
    left.closed().await;
    assert_eq!(left.ask::<i64>(&question).await.unwrap_err().kind(), ErrorKind::Io);
}

#[tokio::test]
async fn a_line_that_is_too_long_ends_the_connection() {
    let ((left, _incoming), (_right, _from_left)) = pair(100);
    let answer = left.ask::<i64>(&json!("x".repeat(200))).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Io);
}

#[tokio::test]
async fn another_version_is_refused_with_a_remedy() {
    let (stream, other) = UnixStream::pair().unwrap();
    let (_peer, _incoming) = Peer::start(stream, 1000);
    let (mut reader, mut writer) = tokio::io::split(other);
    writer.write_all(b"{\"ask\":{\"version\":99,\"id\":1,\"body\":null}}\n").await.unwrap();
    let mut line = String::new();
    tokio::io::AsyncBufReadExt::read_line(&mut tokio::io::BufReader::new(&mut reader), &mut line)
        .await
        .unwrap();
    assert!(line.contains("version 99") && line.contains("restart the server"), "{line}");
}
