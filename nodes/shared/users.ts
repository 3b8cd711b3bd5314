/** The users of a connection: the first one opens it, the last one closes it. */
import type { Node } from "node-red";

/** Who shares one connection. */
export class ConnectionUsers<User extends Node = Node> {
  private readonly users = new Map<string, User>();

  /**
   * @param open called when the first user arrives
   * @param close called when the last user leaves; ends when the connection is closed
   */
  constructor(
    private readonly open: () => void,
    private readonly close: () => Promise<void>,
  ) {}

  /** Adds a user; opens the connection for the first. */
  add(user: User): void {
    const first = this.users.size === 0;
    this.users.set(user.id, user);
    if (first) this.open();
  }

  /** Removes a user; resolves when the connection, if this was its last user, is closed. */
  async remove(user: User): Promise<void> {
    // A redeployed node carries the same id: the old one must not take the new one away.
    if (this.users.get(user.id) !== user) return;
    this.users.delete(user.id);
    if (this.users.size === 0) await this.close();
  }

  /** Everyone who uses the connection now. */
  all(): Iterable<User> {
    return this.users.values();
  }
}
