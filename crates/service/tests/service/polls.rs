//! Callers who go away.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Polls until it is done, or waited for something for the `times`th time; then it is dropped, as when the caller goes
/// away.
pub(crate) async fn polled<T>(times: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut waited) = (pin!(work), 0);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            waited += 1;
            if waited == times {
                Poll::Ready(None)
            } else {
                Poll::Pending
            }
        }
    })
    .await
}
