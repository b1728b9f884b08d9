//! What is no words becomes a placeholder of its kind.

use super::*;

#[test]
fn media_become_placeholders_with_their_captions() {
    use PlaceholderKind as K;
    let caption = || Some("look".to_owned());
    let image = m::ImageMessage {
        caption: caption(),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            image_message: some(image),
            ..Default::default()
        },
        K::Image,
        Some("look"),
    );
    let video = m::VideoMessage {
        caption: caption(),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            video_message: some(video.clone()),
            ..Default::default()
        },
        K::Video,
        Some("look"),
    );
    check_kind(
        &wa::Message {
            ptv_message: some(video),
            ..Default::default()
        },
        K::Video,
        Some("look"),
    );
    let voice = m::AudioMessage {
        ptt: Some(true),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            audio_message: some(voice),
            ..Default::default()
        },
        K::Voice,
        None,
    );
    check_kind(
        &wa::Message {
            audio_message: some(Default::default()),
            ..Default::default()
        },
        K::Audio,
        None,
    );
    let file = m::DocumentMessage {
        file_name: Some("plan.pdf".into()),
        ..Default::default()
    };
    let file = wa::Message {
        document_message: some(file),
        ..Default::default()
    };
    check_kind(&file, K::File, Some("plan.pdf"));
    check_kind(
        &wa::Message {
            document_with_caption_message: wrapped(file),
            ..Default::default()
        },
        K::File,
        Some("plan.pdf"),
    );
    check_kind(
        &wa::Message {
            sticker_message: some(Default::default()),
            ..Default::default()
        },
        K::Sticker,
        None,
    );
}

#[test]
fn what_may_be_seen_once_is_never_opened() {
    let image = m::ImageMessage {
        caption: Some("secret".into()),
        ..Default::default()
    };
    let plain = wa::Message {
        image_message: some(image.clone()),
        ..Default::default()
    };
    let flagged = m::ImageMessage {
        view_once: Some(true),
        ..image
    };
    for message in [
        wa::Message {
            view_once_message: wrapped(plain.clone()),
            ..Default::default()
        },
        wa::Message {
            view_once_message_v2: wrapped(plain.clone()),
            ..Default::default()
        },
        wa::Message {
            view_once_message_v2_extension: wrapped(plain.clone()),
            ..Default::default()
        },
        wa::Message {
            image_message: some(flagged),
            ..Default::default()
        },
        wa::Message {
            ephemeral_message: wrapped(wa::Message {
                view_once_message_v2: wrapped(plain),
                ..Default::default()
            }),
            ..Default::default()
        },
    ] {
        check_kind(&message, PlaceholderKind::ViewOnce, None);
    }
}

#[test]
fn reactions_polls_places_and_people_are_placeholders() {
    use PlaceholderKind as K;
    let reaction = |text: &str| m::ReactionMessage {
        text: Some(text.to_owned()),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            reaction_message: some(reaction("👍")),
            ..Default::default()
        },
        K::Reaction,
        Some("👍"),
    );
    check_kind(
        &wa::Message {
            reaction_message: some(reaction("")),
            ..Default::default()
        },
        K::ReactionRemoved,
        None,
    );
    let poll = m::PollCreationMessage {
        name: Some("when?".into()),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            poll_creation_message_v3: some(poll),
            ..Default::default()
        },
        K::Poll,
        Some("when?"),
    );
    check_kind(
        &wa::Message {
            poll_update_message: some(Default::default()),
            ..Default::default()
        },
        K::PollVote,
        None,
    );
    let place = m::LocationMessage {
        name: Some("the pier".into()),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            location_message: some(place),
            ..Default::default()
        },
        K::Location,
        Some("the pier"),
    );
    check_kind(
        &wa::Message {
            live_location_message: some(Default::default()),
            ..Default::default()
        },
        K::Location,
        None,
    );
    let contact = m::ContactMessage {
        display_name: Some("nina".into()),
        ..Default::default()
    };
    check_kind(
        &wa::Message {
            contact_message: some(contact),
            ..Default::default()
        },
        K::Contact,
        Some("nina"),
    );
    check_kind(
        &wa::Message {
            call_log_messsage: some(Default::default()),
            ..Default::default()
        },
        K::Call,
        None,
    );
}

#[test]
fn edits_deletions_and_timers_are_told() {
    use PlaceholderKind as K;
    use m::protocol_message::Type;
    let protocol = |kind: Type| m::ProtocolMessage {
        r#type: Some(kind),
        ..Default::default()
    };
    let message = |protocol| wa::Message {
        protocol_message: some(protocol),
        ..Default::default()
    };
    check_kind(&message(protocol(Type::REVOKE)), K::Deletion, None);
    check_kind(&message(protocol(Type::EPHEMERAL_SETTING)), K::Timer, None);
    let edit = m::ProtocolMessage {
        edited_message: some(said("better")),
        ..protocol(Type::MESSAGE_EDIT)
    };
    check_kind(&message(edit.clone()), K::Edit, Some("better"));
    check_kind(
        &wa::Message {
            edited_message: wrapped(message(edit)),
            ..Default::default()
        },
        K::Edit,
        Some("better"),
    );
}
