//! A message of the family `IPVS`: a command and its attributes.

use netlink_packet_core::{DecodeError, Emitable, ErrorContext, ParseableParametrized};
use netlink_packet_generic::{GenlFamily, GenlHeader};

use super::attr::{CommandAttr, InfoAttr, Value};
use crate::uapi::*;

/// The command of a message (`IPVS_CMD_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "exhaustive"), non_exhaustive)]
pub enum IpvsCommand {
    /// `IPVS_CMD_NEW_SERVICE`: adds a service; in an answer, describes one.
    NewService,
    /// `IPVS_CMD_SET_SERVICE`
    SetService,
    /// `IPVS_CMD_DEL_SERVICE`
    DelService,
    /// `IPVS_CMD_GET_SERVICE`
    GetService,
    /// `IPVS_CMD_NEW_DEST`: adds a server; in an answer, describes one.
    NewDest,
    /// `IPVS_CMD_SET_DEST`
    SetDest,
    /// `IPVS_CMD_DEL_DEST`
    DelDest,
    /// `IPVS_CMD_GET_DEST`
    GetDest,
    /// `IPVS_CMD_NEW_DAEMON`: starts a daemon; in an answer, describes one.
    NewDaemon,
    /// `IPVS_CMD_DEL_DAEMON`
    DelDaemon,
    /// `IPVS_CMD_GET_DAEMON`
    GetDaemon,
    /// `IPVS_CMD_SET_CONFIG`: sets the timeouts; in an answer, gives them.
    SetConfig,
    /// `IPVS_CMD_GET_CONFIG`
    GetConfig,
    /// `IPVS_CMD_SET_INFO`: comes in answers only.
    SetInfo,
    /// `IPVS_CMD_GET_INFO`
    GetInfo,
    /// `IPVS_CMD_ZERO`
    Zero,
    /// `IPVS_CMD_FLUSH`
    Flush,
    /// A command that this library does not know.
    Other(u8),
}

impl IpvsCommand {
    const KNOWN: [(Self, u8); 17] = [
        (Self::NewService, IPVS_CMD_NEW_SERVICE),
        (Self::SetService, IPVS_CMD_SET_SERVICE),
        (Self::DelService, IPVS_CMD_DEL_SERVICE),
        (Self::GetService, IPVS_CMD_GET_SERVICE),
        (Self::NewDest, IPVS_CMD_NEW_DEST),
        (Self::SetDest, IPVS_CMD_SET_DEST),
        (Self::DelDest, IPVS_CMD_DEL_DEST),
        (Self::GetDest, IPVS_CMD_GET_DEST),
        (Self::NewDaemon, IPVS_CMD_NEW_DAEMON),
        (Self::DelDaemon, IPVS_CMD_DEL_DAEMON),
        (Self::GetDaemon, IPVS_CMD_GET_DAEMON),
        (Self::SetConfig, IPVS_CMD_SET_CONFIG),
        (Self::GetConfig, IPVS_CMD_GET_CONFIG),
        (Self::SetInfo, IPVS_CMD_SET_INFO),
        (Self::GetInfo, IPVS_CMD_GET_INFO),
        (Self::Zero, IPVS_CMD_ZERO),
        (Self::Flush, IPVS_CMD_FLUSH),
    ];
}

impl From<u8> for IpvsCommand {
    fn from(number: u8) -> Self {
        let known = Self::KNOWN.iter().find(|(_, known)| *known == number);
        known.map_or(Self::Other(number), |(command, _)| *command)
    }
}

impl From<IpvsCommand> for u8 {
    fn from(command: IpvsCommand) -> Self {
        if let IpvsCommand::Other(number) = command {
            return number;
        }
        let known = IpvsCommand::KNOWN
            .iter()
            .find(|(known, _)| *known == command);
        known.map_or(0, |(_, number)| *number)
    }
}

/// The attributes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attributes {
    /// The attributes of every command but [`IpvsCommand::SetInfo`].
    Command(Vec<CommandAttr>),
    /// The attributes of [`IpvsCommand::SetInfo`], which are a set of their own.
    Info(Vec<InfoAttr>),
}

/// A message of the family `IPVS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpvsMessage {
    /// The command.
    pub command: IpvsCommand,
    /// The attributes of the command.
    pub attributes: Attributes,
}

impl IpvsMessage {
    /// Returns a message with these attributes.
    pub fn new(command: IpvsCommand, attributes: Vec<CommandAttr>) -> Self {
        Self {
            command,
            attributes: Attributes::Command(attributes),
        }
    }
}

impl GenlFamily for IpvsMessage {
    fn family_name() -> &'static str {
        IPVS_GENL_NAME
    }

    fn command(&self) -> u8 {
        self.command.into()
    }

    fn version(&self) -> u8 {
        IPVS_GENL_VERSION
    }
}

impl Emitable for IpvsMessage {
    fn buffer_len(&self) -> usize {
        match &self.attributes {
            Attributes::Command(attributes) => attributes.as_slice().buffer_len(),
            Attributes::Info(attributes) => attributes.as_slice().buffer_len(),
        }
    }

    fn emit(&self, buffer: &mut [u8]) {
        match &self.attributes {
            Attributes::Command(attributes) => attributes.as_slice().emit(buffer),
            Attributes::Info(attributes) => attributes.as_slice().emit(buffer),
        }
    }
}

impl ParseableParametrized<[u8], GenlHeader> for IpvsMessage {
    fn parse_with_param(buffer: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        let command = IpvsCommand::from(header.cmd);
        let attributes = match command {
            IpvsCommand::SetInfo => Value::read(buffer)
                .map(Attributes::Info)
                .context("IPVS_CMD_SET_INFO")?,
            _ => Attributes::Command(Value::read(buffer)?),
        };
        Ok(Self {
            command,
            attributes,
        })
    }
}
