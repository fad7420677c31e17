//! Declared input and output (SimpleIO), compiled at deployment.

pub(crate) mod convert;
pub(crate) mod input;
pub(crate) mod input_element;
pub(crate) mod output;
pub(crate) mod payload;
pub(crate) mod plan;
