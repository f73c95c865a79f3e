"""What the chat window says, in English. `manage.py write_texts` makes the languages' JSON files from it.

Said to a visitor who did not ask for our software: short, true, and about what he wants to know.
"""

from chatsite.kit.texts import Plural, Texts

TEXTS: Texts = {
    "chat.title": "Chat with {site}",
    # -- header
    "header.online": "We are here",
    "header.away": "Nobody is here right now",
    "header.menu": "Privacy and options",
    "header.minimise": "Minimise the chat",
    # -- first sight
    "greeting.default": "Hello! How can {site} help you?",
    "greeting.away": "Write anyway: your message is kept, and we answer when we are back. Leave this tab open to see the answer.",
    "greeting.honest": "The chat is stored. The team of {site} reads it.",
    "greeting.more": "Your data",
    # -- transcript
    "thread.label": "Messages",
    "thread.earlier": "Earlier messages",
    "thread.end": "Go to the newest message",
    "thread.below": Plural(one="{n} new message", other="{n} new messages"),
    "bubble.you": "You: ",
    "note.joined": "{name} joined the chat",
    "note.left": "{name} has left. Somebody else will answer you.",
    "note.ended.you": "You ended the chat",
    "note.ended.agent": "{name} ended the chat",
    "note.ended": "The chat has ended",
    # -- how far a message has come
    "progress.sending": "Sending…",
    "progress.late": "Not sent yet – retrying",
    "progress.sent": "Sent",
    "progress.seen": "Seen",
    "failed.text_too_long": "Not sent: longer than 8,000 characters. Shorten it or send it in parts.",
    "failed.too_big": "Not sent: too large. Send it in parts.",
    "failed.read_only": "Not sent: no messages are taken here at the moment.",
    "failed.rate_limited": "Not sent: too many messages in a short time. Wait a minute, then try again.",
    "failed.bad_frame": "Not sent: it holds characters that cannot be transferred.",
    "failed.other": "Not sent: something went wrong on our side. Your text is safe here.",
    "failed.retry": "Try again",
    "failed.copy": "Copy text",
    "failed.discard": "Remove",
    # -- what happens now
    "status.typing": "{name} is writing",
    "status.waiting": "Your message has arrived. Somebody answers here in a moment.",
    "status.away": "Your message is kept. Nobody is here right now; we answer when we are back. Leave this tab open to see the answer.",
    "status.anew": "Start a new chat",
    # -- the line
    "notice.reconnecting": "Reconnecting… What you write is kept.",
    "notice.waiting": Plural(
        one="No connection. What you write is kept; next try in {n} second.",
        other="No connection. What you write is kept; next try in {n} seconds.",
    ),
    "notice.now": "Try now",
    "notice.offline": "You are offline. What you write is kept and sent as soon as you are back.",
    "notice.outdated": "The chat was renewed meanwhile. Load it again; your text stays.",
    "notice.reload": "Load again",
    "notice.signed_out": "This chat has ended after a long pause.",
    "notice.again": "Start again",
    "notice.refused": "No messages are taken here at the moment. What you wrote stays in this window.",
    # -- composer
    "composer.label": "Your message",
    "composer.placeholder": "Write a message…",
    "composer.send": "Send",
    "composer.left": Plural(one="{n} character left", other="{n} characters left"),
    "composer.over": Plural(one="{n} character too many", other="{n} characters too many"),
    # -- privacy and options
    "sheet.title": "Your chat, your data",
    "sheet.close": "Close",
    "sheet.here": "In this browser",
    "sheet.here.nothing": "Nothing.",
    "sheet.here.key": "The key to this chat, in this tab only. It goes when you close the tab. No cookies.",
    "sheet.here.texts": "What you have written and not sent yet.",
    "sheet.here.muted": "That you want no sound.",
    "sheet.here.memory": "Nothing is stored: your browser does not allow it. The chat works while this page is open.",
    "sheet.here.handle": "A sealed key to this chat, in this tab only. It goes when you close the tab. No cookies.",
    "sheet.there": "With us",
    "sheet.there.messages": "Your messages and their times. The team of {site} reads them.",
    "sheet.there.facts": "While you chat: the page you are on, your browser's name and your language.",
    "sheet.sound": "Sound for new messages",
    "sheet.end": "End the chat",
    "sheet.forget": "End and forget on this device",
    "sheet.forget.more": "Nothing in this browser leads to the chat any more.",
    "sheet.done": "Forgotten",
    "sheet.forgotten": "The chat is ended. This browser holds nothing of it any more.",
    "sheet.forgotten_here": "This browser holds nothing of the chat any more. The server could not be told; the session there ends by itself.",
    "sheet.leave": "Close the chat",
    # -- sample in the settings
    "preview.agent": "Anna",
    "preview.question": "Hello, do you deliver to Vienna?",
    "preview.answer": "Yes, we do! It takes two working days. May I help you with your order?",
    "preview.thanks": "That is good to know, thank you.",
}
