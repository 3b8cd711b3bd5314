/** The errors of Enreach RTE, with their English sentences. */
import { addSentences } from "../core/errors.js";
import sentences from "./locales/en-US.json";

addSentences(sentences);

export { ContactCenterError, type ErrorCause, refused } from "../core/errors.js";
