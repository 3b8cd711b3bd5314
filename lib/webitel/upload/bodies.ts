/** The bodies of whole batches, made while earlier ones are under way: when its turn comes, a batch leaves at once. */
import { bulkBody } from "../bulk-body.js";
import { mark } from "../member.js";
import type { Announcements } from "./announcements.js";
import type { Batch } from "./batches.js";

/** Announces batches and makes their bodies. @param fileName see {@link bulkBody} */
export async function* withBodies(
  announcements: Announcements,
  batches: AsyncGenerator<Batch, undefined>,
  fileName: string | undefined,
): AsyncGenerator<Batch, undefined> {
  for await (const batch of announcements.announced(batches)) {
    const marker = announcements.marker(batch.number);
    const members = batch.entries.map(({ member }) => mark(member, marker));
    if (members.length > 0) batch.body = await bulkBody(members, fileName);
    yield batch;
  }
  return undefined;
}
