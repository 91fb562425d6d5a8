//! Questions to resolvers, many at the same time.

use std::sync::mpsc::{self, Receiver, SendError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many look-ups run at the same time.
pub(super) const WORKERS: usize = 32;

/// Calls `work` for each of `wanted`, in order, in threads that send what they find.
/// When nobody listens any more, each thread ends after the call that it is in.
pub(super) fn spread<K, M, W>(wanted: Vec<K>, work: W) -> Receiver<M>
where
    K: Send + 'static,
    M: Send + 'static,
    W: Fn(K, &Sender<M>) -> Result<(), SendError<M>> + Send + Sync + 'static,
{
    let (sender, receiver) = mpsc::channel();
    let workers = wanted.len().min(WORKERS);
    let shared = Arc::new((Mutex::new(wanted.into_iter()), work));
    for _ in 0..workers {
        let (shared, sender) = (Arc::clone(&shared), sender.clone());
        let run = move || {
            let (queue, work) = &*shared;
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(wanted) = next() {
                if work(wanted, &sender).is_err() {
                    break;
                }
            }
        };
        // With fewer threads it only takes longer; without any, nothing is found.
        if thread::Builder::new().spawn(run).is_err() {
            break;
        }
    }
    receiver
}
