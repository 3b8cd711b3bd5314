/** Speaks what a caller hears, where the browser has a voice. */
import type { Conversation } from "../../caller/conversation.js";

/** True when there is a voice: then announcements take the time of speaking. */
export function hasVoice(): boolean {
  return "speechSynthesis" in window && window.speechSynthesis.getVoices().length > 0;
}

/** Follows one call at a time and speaks each step once. */
export class Voice {
  private call = "";
  private spoken = 0;

  /** Speaks what is new in a call. */
  follow(call: Conversation | undefined, isOn: boolean): void {
    if (!hasVoice() || call === undefined) return;
    if (call.id !== this.call) {
      window.speechSynthesis.cancel();
      this.spoken = isOn ? 0 : call.steps.length;
      this.call = call.id;
    }
    for (const { speech } of call.steps.slice(this.spoken)) {
      if (!isOn || speech === undefined || speech.text === "") continue;
      const utterance = new SpeechSynthesisUtterance(speech.text);
      utterance.lang = speech.language;
      window.speechSynthesis.speak(utterance);
    }
    this.spoken = call.steps.length;
    if (call.ended && call.place.endsWith("ended by the caller")) window.speechSynthesis.cancel();
  }
}
