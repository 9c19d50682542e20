//! ledger

room_error! {
    /// Errors of this room.
    pub enum LedgerError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-LEDGER-00", en "skeleton", zh "骨架";
    }
}

room_error! {
    /// Errors of this room.
    pub enum IntegrityError {
        /// Placeholder of the skeleton.
        Skeleton = "KF-INTEGRITY-00", en "skeleton", zh "骨架";
    }
}
