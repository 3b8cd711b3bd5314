/** Buttons of an open dialog for those who do not see them, and for those who have only keys. */

/** Names buttons and links that are only a picture, for those who do not see them: by their field or row. */
export function nameButtons(within: JQuery): void {
  within.find("a, button").each((_, element) => {
    const button = $(element);
    if (button.text().trim() !== "" || button.attr("aria-label") !== undefined) return;
    const verb = { edit: "editor.configEdit", add: "editor.configAdd" }[
      /-btn-.*-(edit|add)$/.exec(element.id)?.[1] ?? ""
    ];
    const isRemove = button.hasClass("red-ui-editableList-item-remove");
    const cell = button.closest(".cc-field").find("[aria-label]").first();
    const label = cell.attr("aria-label") ?? button.closest(".form-row").children("label").text().trim();
    const words = isRemove ? [RED._("common.label.delete")] : verb === undefined ? [label] : [label, RED._(verb)];
    button.attr("aria-label", words.join(": "));
  });
}

/** Lets the keyboard reach and press what the editor makes without an address: the buttons beside the select of a connection. */
export function giveKeys(dialog: JQuery): void {
  const buttons = dialog.find("a.red-ui-button:not([href])").attr("role", "button");
  buttons.on("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    $(event.currentTarget).trigger("click");
  });
  // The editor switches them off and on as something is chosen; here its own listeners have run.
  const refresh = (): void =>
    void buttons.each((_, button) => {
      const isOff = button.classList.contains("disabled");
      $(button).attr({ tabindex: isOff ? -1 : 0, "aria-disabled": String(isOff) });
    });
  dialog.on("change", "select", refresh);
  refresh();
}
