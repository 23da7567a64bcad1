//! One connection's conversation: the stages of its life, its channels, messages in the making.

use std::{collections::BTreeMap, sync::Arc};

use amq_protocol::protocol::{
    AMQPClass, basic, channel as channels,
    connection::{self, AMQPMethod as ConnectionMethod},
};
use bytes::BytesMut;

use super::{
    channel::{Channel, ChannelId},
    content::{Content, Unfinished},
    declare::REPLY_TO,
    error::{Refusal, Scope, Served},
    frame::{self, Frame, Kind},
    handshake::{self, Abilities, Credentials, Tuning},
    message::Message,
    output::Output,
    state::State,
};

#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: u64,
    pub(super) output: Arc<Output>,
    pub(super) stage: Stage,
    pub(super) tuning: Tuning,
    pub(super) abilities: Abilities,
    channels: BTreeMap<u16, Phase>,
    unfinished: Unfinished,
    /// Something was published since the last look.
    published: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Authenticating,
    Tuning,
    Opening,
    Running,
    /// We closed it and wait for the client to say so too.
    Closing,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// We closed it; what the client sent before it knew is ignored.
    Closing,
}

impl Session {
    pub(super) fn new(id: u64, output: Arc<Output>) -> Self {
        let tuning = Tuning {
            channel_max: handshake::CHANNEL_MAX,
            frame_max: frame::FRAME_MAX,
            heartbeat: 0,
        };
        Self {
            id,
            output,
            stage: Stage::Authenticating,
            tuning,
            abilities: Abilities::default(),
            channels: BTreeMap::new(),
            unfinished: Unfinished::default(),
            published: false,
        }
    }

    /// Serves every whole frame in `buffer`.
    pub(super) fn process(
        &mut self,
        buffer: &mut BytesMut,
        state: &mut State,
        credentials: &Credentials,
    ) {
        while self.stage != Stage::Done && self.output.has_room() {
            match frame::take(buffer, self.tuning.frame_max) {
                Ok(None) => break,
                Ok(Some(frame)) => self.frame(&frame, state, credentials),
                Err(_) if self.stage == Stage::Closing => self.stage = Stage::Done,
                Err(refusal) => {
                    // Where the next frame begins is anybody's guess.
                    self.refuse(0, &refusal, (0, 0), state);
                    self.stage = Stage::Done;
                }
            }
        }
        state.release_confirms(Some(self.id));
    }

    /// Whether something was published since the last call.
    pub(super) fn take_published(&mut self) -> bool {
        std::mem::take(&mut self.published)
    }

    fn frame(&mut self, frame: &Frame, state: &mut State, credentials: &Credentials) {
        let method = match frame.payload.first_chunk() {
            Some([a, b, c, d]) if frame.kind == Kind::Method => {
                (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]))
            }
            _ => (0, 0),
        };
        let served = match frame.kind {
            Kind::Heartbeat if frame.channel == 0 => Ok(()),
            Kind::Heartbeat => Err(Refusal::frame_error("a heartbeat is for channel 0")),
            _ if self.ignores(frame.channel) && !is_close(method) => Ok(()),
            Kind::Method => frame::method(&frame.payload)
                .and_then(|class| self.method(frame.channel, class, state, credentials)),
            Kind::Header => self
                .unfinished
                .header(frame.channel, &frame.payload)
                .and_then(|content| self.publish(frame.channel, content, state)),
            Kind::Body => self
                .unfinished
                .body(frame.channel, &frame.payload)
                .and_then(|content| self.publish(frame.channel, content, state)),
        };
        if let Err(refusal) = served {
            let method = if frame.kind == Kind::Method {
                method
            } else {
                (60, 40)
            };
            self.refuse(frame.channel, &refusal, method, state);
        }
    }

    /// Whether frames on the channel are to be passed over until its closing is complete.
    fn ignores(&self, channel: u16) -> bool {
        self.stage == Stage::Closing || self.channels.get(&channel) == Some(&Phase::Closing)
    }

    fn refuse(&mut self, channel: u16, refusal: &Refusal, method: (u16, u16), state: &mut State) {
        state.release_confirms(Some(self.id));
        match refusal.scope {
            Scope::Channel => {
                state.close_channel(ChannelId {
                    connection: self.id,
                    number: channel,
                });
                self.unfinished.forget(channel);
                self.channels.insert(channel, Phase::Closing);
            }
            Scope::Connection => {
                let authenticating = self.stage == Stage::Authenticating;
                state.disconnect(self.id);
                self.unfinished.clear();
                self.stage = Stage::Closing;
                if authenticating && !self.abilities.failure_close {
                    self.stage = Stage::Done;
                    return;
                }
            }
        }
        self.output.close(channel, refusal, method);
    }

    fn method(
        &mut self,
        channel: u16,
        class: AMQPClass,
        state: &mut State,
        credentials: &Credentials,
    ) -> Served<()> {
        match class {
            AMQPClass::Connection(method) if channel == 0 => {
                self.connection(method, state, credentials)
            }
            AMQPClass::Connection(_) => Err(Refusal::command_invalid("not on channel 0")),
            _ if self.stage != Stage::Running && self.stage != Stage::Closing => {
                Err(Refusal::command_invalid("the connection is not open yet"))
            }
            _ if channel == 0 => Err(Refusal::command_invalid("channel 0 is the connection's")),
            AMQPClass::Channel(method) => self.channel(channel, &method, state),
            _ if !self.channels.contains_key(&channel) => {
                Err(Refusal::channel_error("expected 'channel.open'"))
            }
            _ if self.unfinished.is_open(channel) => Err(Refusal::unexpected_frame(
                "expected content header for class 60, got a method",
            )),
            AMQPClass::Basic(basic::AMQPMethod::Publish(publish)) => {
                if publish.immediate {
                    return Err(Refusal::not_implemented("immediate=true"));
                }
                self.unfinished.begin(channel, publish);
                Ok(())
            }
            class => {
                let id = ChannelId {
                    connection: self.id,
                    number: channel,
                };
                super::request::serve(state, id, &self.output, class)
            }
        }
    }

    fn connection(
        &mut self,
        method: ConnectionMethod,
        state: &mut State,
        credentials: &Credentials,
    ) -> Served<()> {
        match (self.stage, method) {
            (Stage::Authenticating, ConnectionMethod::StartOk(answer)) => {
                self.abilities = handshake::abilities(&answer.client_properties);
                handshake::authenticate(&answer, credentials)?;
                self.stage = Stage::Tuning;
                self.send(handshake::tune());
            }
            (Stage::Tuning, ConnectionMethod::TuneOk(answer)) => {
                self.tuning = handshake::tuned(&answer)?;
                self.output
                    .tune(self.tuning.frame_max, self.tuning.heartbeat);
                self.stage = Stage::Opening;
            }
            (Stage::Opening, ConnectionMethod::Open(open)) => {
                handshake::opened(&open.virtual_host)?;
                state.connect(self.id, Arc::clone(&self.output))?;
                self.stage = Stage::Running;
                self.send(ConnectionMethod::OpenOk(connection::OpenOk {}));
            }
            (_, ConnectionMethod::Close(_)) => {
                state.disconnect(self.id);
                self.send(ConnectionMethod::CloseOk(connection::CloseOk {}));
                self.stage = Stage::Done;
            }
            (Stage::Closing, ConnectionMethod::CloseOk(_)) => self.stage = Stage::Done,
            (Stage::Running, ConnectionMethod::UpdateSecret(_)) => {
                self.send(ConnectionMethod::UpdateSecretOk(
                    connection::UpdateSecretOk {},
                ));
            }
            _ => return Err(Refusal::command_invalid("unexpected connection method")),
        }
        Ok(())
    }

    fn send(&self, method: ConnectionMethod) {
        self.output.method(0, AMQPClass::Connection(method));
    }

    fn channel(
        &mut self,
        number: u16,
        method: &channels::AMQPMethod,
        state: &mut State,
    ) -> Served<()> {
        let answer = |method| self.output.method(number, AMQPClass::Channel(method));
        let id = ChannelId {
            connection: self.id,
            number,
        };
        match (self.channels.get(&number), method) {
            (None, channels::AMQPMethod::Open(_)) => {
                if number > self.tuning.channel_max {
                    return Err(Refusal::channel_error("channel number above channel_max"));
                }
                let output = Arc::clone(&self.output);
                state
                    .channels
                    .insert(id, Channel::new(output, self.abilities.cancel_notify));
                answer(channels::AMQPMethod::OpenOk(channels::OpenOk {}));
                self.channels.insert(number, Phase::Open);
            }
            (Some(_), channels::AMQPMethod::Open(_)) => {
                return Err(Refusal::channel_error("second 'channel.open' seen"));
            }
            (Some(Phase::Closing), channels::AMQPMethod::CloseOk(_)) => {
                self.channels.remove(&number);
            }
            (Some(phase), channels::AMQPMethod::Close(_)) => {
                let phase = *phase;
                state.close_channel(id);
                answer(channels::AMQPMethod::CloseOk(channels::CloseOk {}));
                self.unfinished.forget(number);
                if phase == Phase::Open {
                    self.channels.remove(&number);
                }
            }
            (Some(_), channels::AMQPMethod::Flow(flow)) if flow.active => {
                answer(channels::AMQPMethod::FlowOk(channels::FlowOk {
                    active: true,
                }));
            }
            (Some(_), channels::AMQPMethod::Flow(_)) => {
                return Err(Refusal::not_implemented("active=false"));
            }
            (Some(_), channels::AMQPMethod::FlowOk(_)) => {}
            _ => return Err(Refusal::channel_error("expected 'channel.open'")),
        }
        Ok(())
    }

    fn publish(&mut self, channel: u16, content: Option<Content>, state: &mut State) -> Served<()> {
        let Some(content) = content else {
            return Ok(());
        };
        self.published = true;
        let Content {
            publish,
            mut properties,
            body,
        } = content;
        let id = ChannelId {
            connection: self.id,
            number: channel,
        };
        if properties.reply_to() == Some(REPLY_TO) {
            properties = properties.with_reply_to(state.reply_address(id)?);
        }
        let (exchange, key) = (publish.exchange, publish.routing_key);
        let message = Message::new(exchange, key, properties, body, &state.memory)?;
        state.publish(id, message, publish.mandatory)
    }
}

fn is_close(method: (u16, u16)) -> bool {
    matches!(method, (10, 50 | 51) | (20, 40 | 41))
}
