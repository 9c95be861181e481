/*
 * To be imported by a Sluice before anything else (`--import`): its wall clock then jumps when it is
 * told to, which the machine's own cannot do for one process. Timers do not hang on it, as in Node.js.
 */
const JUMP_MS = 30 * 60_000;
const trueNow = Date.now;
let shiftMs = 0;

Date.now = () => trueNow() + shiftMs;
process.on('SIGUSR2', () => {
  shiftMs = shiftMs > 0 ? -JUMP_MS : shiftMs + JUMP_MS;
});
