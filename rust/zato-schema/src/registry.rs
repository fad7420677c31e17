//! The list of kinds.

use std::sync::Arc;

use zato_core::{Error, ErrorKind, Problem, Result};

use crate::{DynKind, ReferenceTarget, suggest};

/// Every kind there is, from an explicit list. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Registry(Arc<[DynKind]>);

impl Registry {
    /// Makes a registry.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if two kinds have the same identifier, or cannot be told apart in enmasse files.
    pub fn new(kinds: Vec<DynKind>) -> Result<Self> {
        for (index, kind) in kinds.iter().enumerate() {
            for other in &kinds[..index] {
                let is_same_key = kind.enmasse_keys().iter().any(|key| other.enmasse_keys().contains(key));
                let is_told_apart = kind.enmasse_type().is_some()
                    && other.enmasse_type().is_some()
                    && kind.enmasse_type() != other.enmasse_type();
                if kind.id() == other.id() || (is_same_key && !is_told_apart) {
                    let message = format!("kinds `{}` and `{}` cannot be told apart", other.id(), kind.id());
                    return Err(Error::new(ErrorKind::Internal, message));
                }
            }
        }
        Ok(Self(kinds.into()))
    }

    /// Returns all kinds in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &DynKind> {
        self.0.iter()
    }

    /// Finds a kind by its identifier.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&DynKind> {
        self.iter().find(|kind| kind.id() == id)
    }

    /// Finds a kind by its identifier, or says what there is.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with a suggestion.
    pub fn require(&self, id: &str) -> Result<&DynKind> {
        self.get(id).ok_or_else(|| {
            let error = Error::new(ErrorKind::NotFound, format!("there is no kind `{id}`"));
            match suggest::hint(id, self.iter().map(DynKind::id)) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })
    }

    /// Finds the kind of an item of an enmasse file, from its top-level key and, where several kinds share the
    /// key, its `type`.
    ///
    /// # Errors
    /// What is wrong: an unknown key (no field named), or a missing or unknown type (field `type`).
    pub fn enmasse(&self, key: &str, item_type: Option<&str>) -> Result<&DynKind, Problem> {
        let candidates: Vec<&DynKind> =
            self.iter().filter(|kind| kind.enmasse_keys().contains(&key)).collect();
        if candidates.is_empty() {
            let problem = Problem::new(format!("there is no kind of objects called `{key}`"));
            return Err(match suggest::hint(key, self.enmasse_keys()) {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
        if let [only] = candidates.as_slice()
            && only.enmasse_type().is_none()
        {
            return Ok(only);
        }
        let types = || candidates.iter().filter_map(|kind| kind.enmasse_type());
        let Some(item_type) = item_type else {
            let known: Vec<_> = types().collect();
            let problem = Problem::new("it is required").field("type");
            return Err(problem.hint(format!("one of {}", known.join(", "))));
        };
        candidates.iter().find(|kind| kind.enmasse_type() == Some(item_type)).copied().ok_or_else(|| {
            let problem = Problem::new(format!("`{item_type}` is not supported")).field("type");
            match suggest::hint(item_type, types()) {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        })
    }

    /// Returns every top-level key of enmasse files that is understood, today's spelling of each kind first.
    pub fn enmasse_keys(&self) -> impl Iterator<Item = &'static str> {
        let mut seen = Vec::new();
        for kind in self.iter() {
            for key in kind.enmasse_keys() {
                if !seen.contains(key) {
                    seen.push(*key);
                }
            }
        }
        seen.into_iter()
    }

    /// Returns the kinds whose objects a reference may name; none for services, which are not objects.
    pub fn targets<'a>(&'a self, target: &'a ReferenceTarget) -> impl Iterator<Item = &'a DynKind> {
        self.iter().filter(|kind| target.accepts(kind.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;

    #[test]
    fn refuses_kinds_it_could_not_tell_apart() {
        let error = Registry::new(vec![sample::kind(), sample::kind()]).unwrap_err();
        assert_eq!(error.message(), "kinds `security.sample` and `security.sample` cannot be told apart");
    }

    #[test]
    fn finds_kinds_by_key_and_type() {
        let registry = sample::registry();
        assert_eq!(registry.enmasse("security", Some("sample")).unwrap().id(), "security.sample");
        assert_eq!(registry.enmasse("def_sec", Some("sample")).unwrap().id(), "security.sample");
        assert_eq!(registry.enmasse("channel_sample", None).unwrap().id(), "channel.sample");
    }

    #[test]
    fn says_what_is_meant_when_nothing_is_found() {
        let registry = sample::registry();
        let hint = |problem: Problem| problem.hint.unwrap();
        assert_eq!(hint(registry.enmasse("securty", None).unwrap_err()), "did you mean `security`?");
        assert_eq!(hint(registry.enmasse("security", None).unwrap_err()), "one of sample");
        let unknown = registry.enmasse("security", Some("sampel")).unwrap_err();
        assert_eq!(unknown.field.as_deref(), Some("type"));
        assert_eq!(hint(unknown), "did you mean `sample`?");
        assert_eq!(
            registry.require("channel.smaple").unwrap_err().get_hint(),
            Some("did you mean `channel.sample`?")
        );
    }

    #[test]
    fn knows_what_a_reference_may_name() {
        let registry = sample::registry();
        let target = ReferenceTarget::Objects(vec!["security.*".to_owned()]);
        let ids: Vec<_> = registry.targets(&target).map(DynKind::id).collect();
        assert_eq!(ids, ["security.sample"]);
        assert_eq!(registry.targets(&ReferenceTarget::Service).count(), 0);
    }
}
