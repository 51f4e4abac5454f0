/** A websocket that reconnects: with jittered pauses, after silence, and when the page becomes visible. */

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 15_000;
const CROWDED_PAUSE_MS = 10_000;
const HEARTBEAT_MS = 15_000;
const PROBE_MS = 4_000;
const TOO_MANY = 4409;
const CROWDED = new Set([TOO_MANY, 4429]); // too many sockets, too many frames: longer pause
const FINAL = new Set([4403, 4404]); // not allowed, no such session: no reconnect

export class LiveSocket {
  #socket = null;
  #retry = 0;
  #heartbeat = 0;
  #probe = 0;
  #attempts = 0;
  #lastFrameAt = 0;

  /**
   * address: () => URL, called for every connection. hello: type of the frame that makes it live.
   * onFrame(frame): one parsed frame. onState("connecting" | "live" | "down" | "crowded"). onEnd(code): final.
   */
  constructor({ address, hello, onFrame, onState = () => {}, onEnd = () => {} }) {
    Object.assign(this, { address, hello, onFrame, onState, onEnd });
  }

  open() {
    this.wake = () => document.visibilityState === "visible" && this.#probeNow();
    document.addEventListener("visibilitychange", this.wake);
    for (const event of ["online", "pageshow"]) window.addEventListener(event, this.wake);
    this.#connect();
  }

  close() {
    document.removeEventListener("visibilitychange", this.wake);
    for (const event of ["online", "pageshow"]) window.removeEventListener(event, this.wake);
    this.#discard();
  }

  /** Sends one frame; returns false if not connected. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Reconnects at once, to receive what was missed. */
  restart() {
    this.#discard();
    this.#connect();
  }

  #connect() {
    const socket = new WebSocket(this.address());
    this.#socket = socket;
    this.onState("connecting");
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#onClose(code);
    this.#heartbeat = setInterval(() => this.#sendHeartbeat(), HEARTBEAT_MS);
    this.#lastFrameAt = Date.now();
  }

  #receive(frame) {
    this.#lastFrameAt = Date.now();
    clearTimeout(this.#probe);
    // A server may also send an error frame first; only the hello frame resets the pauses.
    if (frame.type === this.hello) {
      this.#attempts = 0;
      this.onState("live");
    }
    this.onFrame(frame);
  }

  #onClose(code) {
    this.#discard();
    if (FINAL.has(code)) {
      this.close();
      this.onEnd(code);
      return;
    }
    this.onState(code === TOO_MANY ? "crowded" : "down");
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#attempts);
    const pause = (CROWDED.has(code) ? CROWDED_PAUSE_MS : 0) + longest * (0.5 + Math.random() / 2);
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.#connect(), pause);
  }

  #sendHeartbeat() {
    // No frame for two heartbeats: the connection is dead, even if the browser reports it as open.
    if (Date.now() - this.#lastFrameAt > 2 * HEARTBEAT_MS) this.#onClose(1006);
    else this.send({ type: "ping" });
  }

  #probeNow() {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      clearTimeout(this.#probe);
      this.#probe = setTimeout(() => this.restart(), PROBE_MS);
      this.send({ type: "ping" });
    } else if (this.#socket === null) this.restart();
  }

  #discard() {
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    clearTimeout(this.#probe);
    const socket = this.#socket;
    this.#socket = null;
    // The browser logs an error if a connecting socket is closed, so it is closed once it is open.
    if (socket?.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket?.close();
  }
}
