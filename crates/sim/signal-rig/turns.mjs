// One thing after the other.

/** A queue: what is given to it runs when all that was given before has ended, well or not. */
export function inTurns() {
  let last = Promise.resolve();
  return (action) => {
    const turn = last.then(action);
    last = turn.catch(() => undefined);
    return turn;
  };
}
