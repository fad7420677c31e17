//! The executor against a guest whose lock is a plain one.

#[cfg(test)]
mod delivery;
#[cfg(test)]
mod elasticity;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod guest;
