//! No code: Cargo.toml turns on, for every face, the features of shared dependencies that any face needs. Cargo chooses
//! features for each selection of packages anew, so without it the Python module would compile Arrow a second time.
