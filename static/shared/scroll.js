// A transcript stays at its end while the reader is there, and stays where he is when he has gone up.

const NEAR_END_PX = 48; // about one line: a finger does not stop exactly at the end
const NEAR_TOP_PX = 120; // earlier messages are asked for before the reader meets the edge

/** @param {HTMLElement} box */
export const nearEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR_END_PX;

/**
 * @param {HTMLElement} box  scrolls, with `overflow-anchor: none`; holds the list as its only child
 * @param {{onEnd: (atEnd: boolean) => void, onTop: () => void}} tell
 *   `onEnd`: the reader has left the end or is back; `onTop`: he comes near the beginning
 */
export function followEnd(box, { onEnd, onTop }) {
  let atEnd = true;
  /** How far from the end the reader is: survives both what is added below and, with `before`, above. */
  let distance = 0;

  function toEnd() {
    box.scrollTop = box.scrollHeight;
  }

  function measure() {
    distance = box.scrollHeight - box.scrollTop;
  }

  function scrolled() {
    measure();
    if (nearEnd(box) !== atEnd) {
      atEnd = !atEnd;
      onEnd(atEnd);
    }
    if (box.scrollTop <= NEAR_TOP_PX && box.scrollHeight > box.clientHeight) onTop();
  }

  const resized = new ResizeObserver(() => (atEnd ? toEnd() : measure())); // also the keyboard of a phone
  resized.observe(box);
  if (box.firstElementChild) resized.observe(box.firstElementChild);
  box.addEventListener("scroll", scrolled, { passive: true });
  toEnd();

  return {
    /** After something was added at the end. */
    added() {
      if (atEnd) toEnd();
      else measure();
    },
    /** After older messages were put above: what the reader looks at does not move. */
    prepended() {
      box.scrollTop = box.scrollHeight - distance;
    },
    /** The reader wants to see the end: he pressed the pill, or sent something. */
    jump() {
      atEnd = true;
      onEnd(true);
      toEnd();
    },
    stop() {
      resized.disconnect();
      box.removeEventListener("scroll", scrolled);
    },
  };
}

/** @typedef {ReturnType<typeof followEnd>} Follower */
