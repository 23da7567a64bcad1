//! `COPY … FROM STDIN` of a client. The engine takes a request whole, and so is asked twice: for the
//! `CopyInResponse`, which the client waits for, and then with the data, which is kept until its end.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, ClientError, Mode};
use crate::cycle::{Cycle, End};
use crate::wire::{Message, Refusal, Status};

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) async fn start_copy(
        &mut self,
        cycle: Cycle,
        begun_by: End,
    ) -> Result<(), ClientError> {
        let turn = self.turn();
        let before = turn.status();
        if before == Status::Transaction {
            turn.run("SAVEPOINT slingshot_copy").await?;
        }
        let answer = turn.exchange(cycle.copy_probe()).await?;
        let Some(shown) = cycle.probe_answer(&answer) else {
            return self.deliver(cycle.answer(answer)).await;
        };
        if before == Status::Transaction {
            turn.run("ROLLBACK TO SAVEPOINT slingshot_copy").await?;
            turn.run("RELEASE SAVEPOINT slingshot_copy").await?;
        }
        let (cycle, free_names) = cycle.into_copy();
        if let Some(free_names) = free_names {
            turn.exchange(free_names).await?;
        }
        self.mode = Mode::Copying {
            cycle,
            begun_by,
            overflowed: false,
        };
        self.send(&shown).await
    }

    pub(super) async fn take_copy(&mut self, message: Message) -> Result<(), ClientError> {
        let limit = self.limits.request_bytes;
        let Mode::Copying {
            cycle, overflowed, ..
        } = &mut self.mode
        else {
            return Ok(());
        };
        match message.kind {
            b'd' => {
                *overflowed |= cycle.len() + message.body.len() > limit;
                if !*overflowed {
                    cycle.push_copy(b'd', &message.body);
                }
                Ok(())
            }
            b'c' | b'f' => self.finish_copy(message).await,
            // The protocol has the server ignore these two in a COPY.
            b'S' | b'H' => Ok(()),
            _ => {
                let text = "this message is out of place in a COPY";
                self.turn_away(&Refusal::new("08P01", text)).await
            }
        }
    }

    async fn finish_copy(&mut self, message: Message) -> Result<(), ClientError> {
        let limit = self.limits.request_bytes;
        let mode = std::mem::replace(&mut self.mode, Mode::Collecting);
        let Mode::Copying {
            mut cycle,
            begun_by,
            overflowed,
        } = mode
        else {
            return Ok(());
        };
        if overflowed {
            cycle.fail_copy(&format!(
                "the embedded database takes {limit} bytes of COPY data at a time"
            ));
        } else {
            cycle.push_copy(message.kind, &message.body);
        }
        match begun_by {
            End::Query => self.exchange(cycle).await,
            // The rest of the request, its Sync at last, comes after the data.
            End::Sync | End::Flush => {
                self.cycle = cycle;
                Ok(())
            }
        }
    }
}
