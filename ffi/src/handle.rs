//! Handles: typed opaque pointers whose value is a token into a table, never an address.
//!
//! A token holds the kind of the object, the slot and the slot's generation. So a handle that was freed, doubled,
//! mistyped or made up is found by comparison, and nothing is dereferenced to find it.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Failure;
use crate::guard::guard_or;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a handle needs 64 bits: kind, slot and generation");

/// Something that C holds a handle of. Shared between threads, so what changes inside is behind a lock.
pub(crate) trait Object: Any + Send + Sync {
    /// The type that C sees.
    type Opaque;
    /// Told apart in the token. Never reused.
    const KIND: u8;
    /// The type's name in C, for messages.
    const NAME: &'static str;
}

const KIND_BITS: u32 = 8;
const SLOT_BITS: u32 = 24;
const MAX_SLOTS: usize = 1 << SLOT_BITS;
const MAX_GENERATION: u32 = (1 << 31) - 1;
/// Set in every token: on the common 64-bit machines such a pointer is no address, so that a host that follows it stops there.
const NOT_AN_ADDRESS: usize = 1 << 63;

struct Slot {
    generation: u32,
    kind: u8,
    value: Option<Arc<dyn Any + Send + Sync>>,
}

struct Table {
    slots: Vec<Slot>,
    free: Vec<usize>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { slots: Vec::new(), free: Vec::new() });

fn table() -> MutexGuard<'static, Table> {
    // Nothing of the host or of core runs under this lock, so a poisoned table is still whole.
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn encode(kind: u8, slot: usize, generation: u32) -> usize {
    NOT_AN_ADDRESS | (generation as usize) << (KIND_BITS + SLOT_BITS) | slot << KIND_BITS | usize::from(kind)
}

fn slot_of(token: usize) -> usize {
    (token >> KIND_BITS) & (MAX_SLOTS - 1)
}

/// Gives an object a handle.
pub(crate) fn insert<T: Object>(value: T) -> Result<*mut T::Opaque, Failure> {
    let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
    let mut table = table();
    let index = match table.free.pop() {
        Some(index) => index,
        None if table.slots.len() < MAX_SLOTS => {
            let index = table.slots.len();
            table.slots.push(Slot { generation: 0, kind: 0, value: None });
            // The slot will come back one day, and `remove` must not fail for want of memory then.
            let held = table.free.len();
            let wanted = index + 1 - held;
            table.free.reserve(wanted);
            index
        }
        None => return Err(Failure::argument("handles", "at most 16777216 live handles", "至多 16777216 个有效句柄")),
    };
    let Some(slot) = table.slots.get_mut(index) else {
        return Err(Failure::handle(T::NAME));
    };
    slot.generation += 1;
    slot.kind = T::KIND;
    slot.value = Some(value);
    Ok(std::ptr::without_provenance_mut(encode(T::KIND, index, slot.generation)))
}

/// The object of a handle.
pub(crate) fn get<T: Object>(handle: *const T::Opaque) -> Result<Arc<T>, Failure> {
    if handle.is_null() {
        return Err(Failure::null(T::NAME));
    }
    let token = handle.addr();
    let value = {
        let table = table();
        table.slots.get(slot_of(token)).filter(|slot| is_live::<T>(slot, token)).and_then(|slot| slot.value.clone())
    };
    value.and_then(|value| value.downcast().ok()).ok_or_else(|| Failure::handle(T::NAME))
}

/// What `see` sees of the object of a handle, while nobody can free it. `see` only takes a look: it must not call back.
pub(crate) fn look<T: Object, R>(handle: *const T::Opaque, see: impl FnOnce(&T) -> R) -> Result<R, Failure> {
    if handle.is_null() {
        return Err(Failure::null(T::NAME));
    }
    let token = handle.addr();
    let table = table();
    let slot = table.slots.get(slot_of(token)).filter(|slot| is_live::<T>(slot, token));
    let object = slot.and_then(|slot| slot.value.as_deref()).and_then(|value| value.downcast_ref::<T>());
    let seen = object.map(see);
    // An error is made outside the lock.
    drop(table);
    seen.ok_or_else(|| Failure::handle(T::NAME))
}

/// Takes the object out: the handle is stale from here on.
pub(crate) fn remove<T: Object>(handle: *const T::Opaque) -> Result<Arc<T>, Failure> {
    if handle.is_null() {
        return Err(Failure::null(T::NAME));
    }
    let token = handle.addr();
    let value = {
        let mut table = table();
        let slot = table.slots.get_mut(slot_of(token)).filter(|slot| is_live::<T>(slot, token));
        match slot {
            None => None,
            Some(slot) => {
                let value = slot.value.take();
                // A slot whose generations are used up is never given out again.
                if slot.generation < MAX_GENERATION {
                    table.free.push(slot_of(token));
                }
                value
            }
        }
    };
    value.and_then(|value| value.downcast().ok()).ok_or_else(|| Failure::handle(T::NAME))
}

/// Frees a handle; NULL is nothing to free.
pub(crate) fn free<T: Object>(handle: *mut T::Opaque) -> Result<(), Failure> {
    // The object is dropped here, outside the lock: it may call the host's release callbacks, and they may call us.
    if handle.is_null() { Ok(()) } else { remove::<T>(handle).map(drop) }
}

/// How many handles are live: 0 once everything was freed. Handles stand in a table of the library's, so a leak checker
/// does not miss those that a host forgot; this number does.
#[unsafe(no_mangle)]
pub extern "C" fn kf_live_handles() -> usize {
    guard_or(usize::MAX, || Ok(table().slots.iter().filter(|slot| slot.value.is_some()).count()))
}

fn is_live<T: Object>(slot: &Slot, token: usize) -> bool {
    slot.value.is_some() && slot.kind == T::KIND && encode(T::KIND, slot_of(token), slot.generation) == token
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::kf_status;

    struct Apple(u8);
    struct Pear;
    impl Object for Apple {
        type Opaque = u8;
        const KIND: u8 = 250;
        const NAME: &'static str = "apple";
    }
    impl Object for Pear {
        type Opaque = u16;
        const KIND: u8 = 251;
        const NAME: &'static str = "pear";
    }

    fn status<T>(result: Result<T, Failure>) -> kf_status {
        result.err().map_or(kf_status::KF_OK, |failure| failure.status)
    }

    #[test]
    fn a_handle_finds_its_object_until_it_is_freed() {
        let handle = insert(Apple(7)).unwrap();
        assert_eq!(get::<Apple>(handle).unwrap().0, 7);
        assert_eq!(look(handle, |apple: &Apple| apple.0).unwrap(), 7);
        assert_eq!(status(look(handle.cast(), |_: &Pear| ())), kf_status::KF_ERR_HANDLE, "of another kind");
        assert_eq!(status(free::<Apple>(handle)), kf_status::KF_OK);
        assert_eq!(status(get::<Apple>(handle)), kf_status::KF_ERR_HANDLE);
        assert_eq!(status(look(handle, |_: &Apple| ())), kf_status::KF_ERR_HANDLE);
        assert_eq!(status(look(std::ptr::null(), |_: &Apple| ())), kf_status::KF_ERR_NULL);
        assert_eq!(status(free::<Apple>(handle)), kf_status::KF_ERR_HANDLE);
    }

    #[test]
    fn a_reused_slot_does_not_revive_an_old_handle() {
        let stale: Vec<_> = (0..64)
            .map(|n| {
                let handle = insert(Apple(n)).unwrap();
                free::<Apple>(handle).unwrap();
                handle
            })
            .collect();
        let live = insert(Apple(9)).unwrap();
        for handle in stale {
            assert_eq!(status(get::<Apple>(handle)), kf_status::KF_ERR_HANDLE);
        }
        free::<Apple>(live).unwrap();
    }

    #[test]
    fn a_handle_of_another_kind_is_refused_and_stays_alive() {
        let apple = insert(Apple(1)).unwrap();
        assert_eq!(status(get::<Pear>(apple.cast())), kf_status::KF_ERR_HANDLE);
        assert_eq!(status(free::<Pear>(apple.cast())), kf_status::KF_ERR_HANDLE);
        assert_eq!(get::<Apple>(apple).unwrap().0, 1);
        free::<Apple>(apple).unwrap();
    }

    #[test]
    fn made_up_handles_are_refused() {
        let apple = insert(Apple(1)).unwrap();
        for bit in 0..64 {
            let forged = std::ptr::without_provenance::<u8>(apple.addr() ^ (1 << bit));
            assert_ne!(status(get::<Apple>(forged)), kf_status::KF_OK, "bit {bit}");
        }
        assert_eq!(status(get::<Apple>(std::ptr::null())), kf_status::KF_ERR_NULL);
        assert_eq!(status(free::<Apple>(std::ptr::null_mut())), kf_status::KF_OK);
        free::<Apple>(apple).unwrap();
    }

    #[test]
    fn threads_never_share_a_handle() {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                std::thread::spawn(move || {
                    for _ in 0..2_000 {
                        let handle = insert(Apple(n)).unwrap();
                        assert_eq!(get::<Apple>(handle).unwrap().0, n);
                        free::<Apple>(handle).unwrap();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
