//! Tests of the store on real files, with real processes.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail the test like the tests themselves")]

mod behavior;
mod crash;
mod file;
mod model;
mod place;
mod processes;

/// Everything that every backend has to do. A further backend is one line.
mod sqlite {
    behavior::suite!(crate::place::Place::sqlite);

    use super::behavior;
}
