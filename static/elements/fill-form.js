// <fill-form form="sign-in"><button data-login="…" data-password="…">: one click signs in to the demo.

class FillForm extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button?.addEventListener("click", () => {
      const form = document.getElementById(this.getAttribute("form") ?? "");
      if (!(form instanceof HTMLFormElement)) return;
      for (const [name, value] of Object.entries(button.dataset)) {
        const field = form.elements.namedItem(name);
        if (field instanceof HTMLInputElement) field.value = value ?? "";
      }
      form.requestSubmit();
    });
  }
}

customElements.define("fill-form", FillForm);
