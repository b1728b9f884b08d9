//! Which kind of thing a message is, where it is not words.

use super::{NameOf, placeholder, words};
use matrimony_domain::{Content, PlaceholderKind};
use whatsapp_rust::waproto::codec;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;

/// The kind of a message that is not carried as words yet, with the words that came with it.
pub(super) fn kind(message: &wa::Message) -> Option<(PlaceholderKind, Option<&str>)> {
    media(message)
        .or_else(|| reaction(message))
        .or_else(|| poll(message))
        .or_else(|| place_or_person(message))
        .or_else(|| other(message))
}

fn media(message: &wa::Message) -> Option<(PlaceholderKind, Option<&str>)> {
    if let Some(image) = message.image_message.as_option() {
        return Some((PlaceholderKind::Image, image.caption.as_deref()));
    }
    if let Some(video) = message
        .video_message
        .as_option()
        .or_else(|| message.ptv_message.as_option())
    {
        return Some((PlaceholderKind::Video, video.caption.as_deref()));
    }
    if let Some(audio) = message.audio_message.as_option() {
        let voice = audio.ptt == Some(true);
        return Some((
            if voice {
                PlaceholderKind::Voice
            } else {
                PlaceholderKind::Audio
            },
            None,
        ));
    }
    if let Some(file) = message.document_message.as_option() {
        let caption = file.caption.as_deref().filter(|caption| !caption.is_empty());
        return Some((
            PlaceholderKind::File,
            caption.or(file.file_name.as_deref()).or(file.title.as_deref()),
        ));
    }
    let sticker = message.sticker_message.is_set() || message.sticker_pack_message.is_set();
    sticker.then_some((PlaceholderKind::Sticker, None))
}

/// An empty reaction takes back the one before.
fn reaction(message: &wa::Message) -> Option<(PlaceholderKind, Option<&str>)> {
    if let Some(reaction) = message.reaction_message.as_option() {
        let emoji = reaction.text.as_deref().filter(|emoji| !emoji.is_empty());
        return Some((
            emoji.map_or(PlaceholderKind::ReactionRemoved, |_| PlaceholderKind::Reaction),
            emoji,
        ));
    }
    message
        .enc_reaction_message
        .is_set()
        .then_some((PlaceholderKind::Reaction, None))
}

fn poll(message: &wa::Message) -> Option<(PlaceholderKind, Option<&str>)> {
    let polls = [
        &message.poll_creation_message,
        &message.poll_creation_message_v2,
        &message.poll_creation_message_v3,
        &message.poll_creation_message_v5,
        &message.poll_creation_message_v6,
    ];
    if let Some(poll) = polls.into_iter().find_map(|poll| poll.as_option()) {
        return Some((PlaceholderKind::Poll, poll.name.as_deref()));
    }
    message
        .poll_update_message
        .is_set()
        .then_some((PlaceholderKind::PollVote, None))
}

fn place_or_person(message: &wa::Message) -> Option<(PlaceholderKind, Option<&str>)> {
    if let Some(place) = message.location_message.as_option() {
        return Some((
            PlaceholderKind::Location,
            place.name.as_deref().or(place.address.as_deref()),
        ));
    }
    if let Some(live) = message.live_location_message.as_option() {
        return Some((PlaceholderKind::Location, live.caption.as_deref()));
    }
    if let Some(contact) = message.contact_message.as_option() {
        return Some((PlaceholderKind::Contact, contact.display_name.as_deref()));
    }
    let contacts = message.contacts_array_message.as_option()?;
    Some((PlaceholderKind::Contact, contacts.display_name.as_deref()))
}

fn other(message: &wa::Message) -> Option<(PlaceholderKind, Option<&str>)> {
    if let Some(call) = message.scheduled_call_creation_message.as_option() {
        return Some((PlaceholderKind::Call, call.title.as_deref()));
    }
    if message.call_log_messsage.is_set() || message.bcall_message.is_set() {
        return Some((PlaceholderKind::Call, None));
    }
    if message.secret_encrypted_message.is_set() {
        return Some((PlaceholderKind::Edit, None));
    }
    if message.placeholder_message.is_set() {
        return Some((PlaceholderKind::Undecryptable, None));
    }
    if let Some(event) = message.event_message.as_option() {
        return Some((PlaceholderKind::Unknown, event.name.as_deref()));
    }
    let invite = message.group_invite_message.as_option()?;
    Some((
        PlaceholderKind::Unknown,
        invite.caption.as_deref().or(invite.group_name.as_deref()),
    ))
}

/// The words of what businesses send and of the answers to it: to a reader they are a message like any other.
pub(super) fn business_words(message: &wa::Message) -> Option<&str> {
    if let Some(buttons) = message.buttons_message.as_option() {
        return buttons.content_text.as_deref();
    }
    if let Some(list) = message.list_message.as_option() {
        return list.description.as_deref().or(list.title.as_deref());
    }
    if let Some(answer) = message.list_response_message.as_option() {
        return answer.title.as_deref();
    }
    message
        .template_button_reply_message
        .as_option()?
        .selected_display_text
        .as_deref()
}

/// What a protocol message tells people, if it does.
pub(super) fn protocol(protocol: &wa::message::ProtocolMessage, name_of: NameOf<'_>) -> Option<Content> {
    match protocol.r#type? {
        Type::REVOKE => Some(placeholder(PlaceholderKind::Deletion, None)),
        Type::MESSAGE_EDIT => {
            let edited = protocol.edited_message.as_option();
            Some(placeholder(
                PlaceholderKind::Edit,
                edited.and_then(|edited| words(edited, name_of)),
            ))
        }
        Type::EPHEMERAL_SETTING => Some(placeholder(PlaceholderKind::Timer, None)),
        _ => None,
    }
}

/// Whether nothing is left when everything is taken away that only the apps read: keys, context, bookkeeping of the
/// phone, an album's cover (its pictures come as messages of their own), pins and keeps.
pub(super) fn serves_the_protocol(message: &wa::Message) -> bool {
    let mut rest = message.clone();
    rest.conversation = None;
    rest.sender_key_distribution_message = Default::default();
    rest.fast_ratchet_key_sender_key_distribution_message = Default::default();
    rest.message_context_info = Default::default();
    rest.device_sent_message = Default::default();
    rest.album_message = Default::default();
    rest.call = Default::default();
    rest.chat = Default::default();
    rest.keep_in_chat_message = Default::default();
    rest.pin_in_chat_message = Default::default();
    rest.sticker_sync_rmr_message = Default::default();
    rest.message_history_bundle = Default::default();
    rest.message_history_notice = Default::default();
    rest.limit_sharing_message = Default::default();
    rest.event_cover_image = Default::default();
    rest.group_root_key_share = Default::default();
    rest.root_secret_distribute_message = Default::default();
    rest.request_phone_number_message = Default::default();
    // By its encoding: an empty part that is there equals one that is not.
    codec::message_encoded_len(&rest) == 0
}
