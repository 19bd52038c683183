/** Why a head or a body cannot be read. The connection it came on is of no more use: its framing is lost. */
export class Refusal {
  constructor(
    /** What to answer a client. Problems of a response are the application's; how they surface is the proxy's business. */
    readonly status: 400 | 414 | 431,
    /** For people: `two Host headers`. Holds no bytes of the message. */
    readonly reason: string,
  ) {}
}
