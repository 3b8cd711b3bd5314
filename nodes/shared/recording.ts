/** Where nodes say that a run begins and how it ends, for whoever records runs; while nobody does, it costs one look. */
import type { RunRecorder } from "../../lib/recorder/model.js";
import { perRuntime } from "./runtime.js";

/** Who records the runs of a runtime now. */
interface Recording {
  recorder: RunRecorder | undefined;
}

/** The recording of a runtime; ask for its recorder at each run, since it comes and goes. */
export const recordingOf = perRuntime((): Recording => ({ recorder: undefined }));
