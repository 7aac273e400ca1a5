// Stripe's Payment Element: the card goes from the payer's browser straight to Stripe.
(() => {
  "use strict";
  const form = document.getElementById("payment-form");
  const fault = document.getElementById("payment-fault");
  const { key, secret, return: returnUrl, theme, primary } = form.dataset;
  const stripe = window.Stripe(key, { locale: document.documentElement.lang === "en" ? "en" : "zh" });
  const elements = stripe.elements({ clientSecret: secret, appearance: { theme, variables: { colorPrimary: primary } } });
  elements.create("payment").mount("#payment-element");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    fault.textContent = "";
    const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: returnUrl } });
    fault.textContent = error?.message ?? "";
    button.disabled = false;
  });
})();
