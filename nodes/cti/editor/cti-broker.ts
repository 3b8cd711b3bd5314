/** The form of `cti-broker`: whether a broker can reach the callback address. */
import { configInput, entered } from "../../shared/editor/fields.js";
import { addForm } from "../../shared/editor/index.js";
import { showReach } from "./callback.js";

addForm("cti-broker", {
  prepare(node) {
    const address = configInput("callbackUrl");
    const refresh = (): void => showReach(node, address.closest(".form-row"), entered(address));
    address.on("input change", refresh);
    refresh();
  },
});
