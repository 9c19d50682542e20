//! What signs: a key in memory, or a device behind a call.

use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Ed25519Key, KeyError, PublicKey, file, pem};
use crate::terms::Text;

/// What signs: a key in memory, or a device behind a call. Who uses a signature verifies it first.
pub trait Signer: Send + Sync {
    /// The key that verifies what this signs.
    fn public_key(&self) -> &PublicKey;

    /// The signature of a message: for Ed25519 64 bytes; for SM2 r and s in DER, or each in 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::SignerFailed`], [`KeyError::SignerTimedOut`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

impl<T: Signer + ?Sized> Signer for std::sync::Arc<T> {
    fn public_key(&self) -> &PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        (**self).sign(message)
    }
}

/// The signing key of a PEM file that only its owner may read: Ed25519, or SM2 with the id of a line
/// `SM2-Signer-Id: …` before the block (or else the default id).
///
/// # Errors
/// [`KeyError::Unreadable`], [`KeyError::Exposed`], [`KeyError::MalformedPrivateKey`], [`KeyError::BadSignerId`].
pub fn load_signer(path: impl AsRef<Path>) -> Result<Box<dyn Signer>, KeyError> {
    let bytes = file::read(path.as_ref())?;
    signer_from_pem(str::from_utf8(&bytes).map_err(|_| malformed())?)
}

/// The signing key of a PKCS#8 PEM text, as [`load_signer`] reads it.
///
/// # Errors
/// [`KeyError::MalformedPrivateKey`], [`KeyError::BadSignerId`].
pub fn signer_from_pem(text: &str) -> Result<Box<dyn Signer>, KeyError> {
    let block = pem::read(text, "PRIVATE KEY").ok_or_else(malformed)?;
    #[cfg(feature = "gm")]
    if let Some(key) = super::Sm2Key::from_pkcs8(&block.bytes, block.signer_id()) {
        return Ok(Box::new(key?));
    }
    Ok(Box::new(Ed25519Key::from_pkcs8(&block.bytes)?))
}

fn malformed() -> KeyError {
    KeyError::MalformedPrivateKey { expected: Text::new("PEM 块 \"PRIVATE KEY\"", "a PEM block \"PRIVATE KEY\"") }
}

/// What a call of the host's signs, and where the answer goes.
type Job = (Vec<u8>, Sender<Result<Vec<u8>, String>>);

/// A signer behind a call of the host's: an HSM, a 密码机, a service.
///
/// The call is made on a thread of its own, one at a time, so that one that does not come back blocks nobody for longer
/// than the timeout. While it has not come back, signing fails at once.
///
/// ```
/// use std::time::Duration;
/// use kaifang::crypto::{CallbackSigner, Ed25519Key, Signer};
/// let (key, _pem) = Ed25519Key::generate()?;
/// let public = key.public_key().clone();
/// let device = CallbackSigner::message(public, Duration::from_secs(5), move |message| {
///     key.sign(message).map_err(|error| error.to_string())
/// });
/// assert!(device.public_key().verify(b"text", &device.sign(b"text")?));
/// # Ok::<(), kaifang::crypto::KeyError>(())
/// ```
pub struct CallbackSigner {
    public: PublicKey,
    timeout: Duration,
    digest: bool,
    /// A child made by `fork` has no worker.
    process: u32,
    worker: Mutex<Worker>,
}

struct Worker {
    jobs: Sender<Job>,
    /// The answer that was waited for in vain, while its call has not come back.
    late: Option<Receiver<Result<Vec<u8>, String>>>,
}

impl CallbackSigner {
    /// A signer that is given the message.
    pub fn message<F>(public: PublicKey, timeout: Duration, sign: F) -> Self
    where
        F: FnMut(&[u8]) -> Result<Vec<u8>, String> + Send + 'static,
    {
        Self::new(public, timeout, false, sign)
    }

    /// A signer that is given the 32 bytes that SM2 signs, e = SM3(Z ‖ message), as devices after GM/T 0018 want them.
    ///
    /// # Errors
    /// [`KeyError::NoMessageDigest`] when the key is not of SM2.
    pub fn digest<F>(public: PublicKey, timeout: Duration, sign: F) -> Result<Self, KeyError>
    where
        F: FnMut(&[u8]) -> Result<Vec<u8>, String> + Send + 'static,
    {
        public.message_digest(b"").ok_or(KeyError::NoMessageDigest)?;
        Ok(Self::new(public, timeout, true, sign))
    }

    fn new<F>(public: PublicKey, timeout: Duration, digest: bool, mut sign: F) -> Self
    where
        F: FnMut(&[u8]) -> Result<Vec<u8>, String> + Send + 'static,
    {
        let (jobs, todo) = channel::<Job>();
        // It ends when the signer is dropped. Where no thread can be had, each signature fails.
        let _ = thread::Builder::new().name("kaifang-signer".to_owned()).spawn(move || {
            for (message, answer) in todo {
                // Who no longer waits does not want it.
                let _ = answer.send(sign(&message));
            }
        });
        CallbackSigner {
            public,
            timeout,
            digest,
            process: std::process::id(),
            worker: Mutex::new(Worker { jobs, late: None }),
        }
    }
}

impl Signer for CallbackSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let gone = || KeyError::SignerFailed { what: Text::new("回调已不可用", "the callback is gone") };
        let timed_out =
            || KeyError::SignerTimedOut { milliseconds: u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX) };
        if self.process != std::process::id() {
            let what = Text::new("签名者由另一进程创建", "the signer was made by another process");
            return Err(KeyError::SignerFailed { what });
        }
        let mut worker = self.worker.lock().map_err(|_| gone())?;
        if let Some(late) = worker.late.take_if(|late| late.try_recv() != Err(std::sync::mpsc::TryRecvError::Empty)) {
            drop(late);
        }
        if worker.late.is_some() {
            return Err(timed_out());
        }
        let to_sign = match self.digest {
            true => self.public.message_digest(message).ok_or(KeyError::NoMessageDigest)?.to_vec(),
            false => message.to_vec(),
        };
        let (answer, answers) = channel();
        worker.jobs.send((to_sign, answer)).map_err(|_| gone())?;
        match answers.recv_timeout(self.timeout) {
            Ok(signature) => signature.map_err(|what| KeyError::SignerFailed { what: Text::foreign(what) }),
            Err(RecvTimeoutError::Timeout) => {
                worker.late = Some(answers);
                Err(timed_out())
            }
            // It panicked.
            Err(RecvTimeoutError::Disconnected) => Err(gone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(
        milliseconds: u64,
        sign: impl FnMut(&[u8]) -> Result<Vec<u8>, String> + Send + 'static,
    ) -> CallbackSigner {
        let (key, _) = Ed25519Key::generate().unwrap();
        CallbackSigner::message(key.public_key().clone(), Duration::from_millis(milliseconds), sign)
    }

    #[test]
    fn what_the_call_says_is_passed_on() {
        assert_eq!(device(60_000, |message| Ok(message.to_vec())).sign(b"text"), Ok(b"text".to_vec()));
        let error = device(60_000, |_| Err("token removed".to_owned())).sign(b"text").unwrap_err();
        assert_eq!(error.to_string(), "the signer failed: token removed");
    }

    #[test]
    fn a_call_that_does_not_come_back_blocks_nobody() {
        let (release, wait) = channel::<()>();
        let device = device(50, move |message| {
            if message == b"slow" {
                wait.recv().unwrap();
            }
            Ok(message.to_vec())
        });
        assert_eq!(device.sign(b"slow"), Err(KeyError::SignerTimedOut { milliseconds: 50 }));
        let begun = std::time::Instant::now();
        assert_eq!(device.sign(b"quick"), Err(KeyError::SignerTimedOut { milliseconds: 50 }));
        assert!(begun.elapsed() < Duration::from_millis(50), "it did not wait again");
        release.send(()).unwrap();
        // The late answer is of the earlier message, and is not taken for this one.
        let answer = std::iter::repeat_with(|| device.sign(b"quick")).find(Result::is_ok);
        assert_eq!(answer, Some(Ok(b"quick".to_vec())));
    }

    #[test]
    fn a_call_that_panics_is_an_error_for_ever() {
        let device = device(60_000, |_| panic!("the test's own"));
        for _ in 0..2 {
            assert!(matches!(device.sign(b"text"), Err(KeyError::SignerFailed { .. })));
        }
    }

    #[test]
    fn only_sm2_signs_a_digest() {
        let (key, _) = Ed25519Key::generate().unwrap();
        let device = CallbackSigner::digest(key.public_key().clone(), Duration::MAX, |_| Ok(vec![]));
        assert_eq!(device.err(), Some(KeyError::NoMessageDigest));
    }
}
