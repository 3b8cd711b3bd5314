/** What goes wrong between us and a forward proxy. */

/** Why a proxy did not let a request through. Nothing of it was sent to the server. */
export class ProxyFault extends Error {
  readonly code = "EPROXY";
  /** Host and port of the proxy. */
  readonly host: string;

  /** @param why the network's word, `closed`, or the proxy's answer, such as `HTTP 407` */
  constructor(
    proxy: URL,
    readonly why: string,
  ) {
    super(`${proxy.host}: ${why}`);
    this.host = proxy.host;
  }
}
