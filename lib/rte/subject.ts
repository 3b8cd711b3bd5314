/** What is subscribed. */

/** What a subscription names: an event of one user, queue or call list. */
export interface Subject {
  entityId: string;
  eventName: string;
}

/** The same subject has the same text whatever its case. */
export function subjectKey({ entityId, eventName }: Subject): string {
  return `${entityId} ${eventName}`.toLowerCase();
}

/** The list without repetitions. */
export function distinct<T extends Subject>(subjects: readonly T[]): T[] {
  return [...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values()];
}
