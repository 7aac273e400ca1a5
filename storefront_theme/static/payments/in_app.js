// Opens WeChat's own payment over this page. WeixinJSBridge is WeChat's; it may come after the page.
(() => {
  "use strict";
  const order = JSON.parse(document.getElementById("order").textContent);
  const [button, back, notPaid, refused] = ["pay", "back", "not-paid", "refused"].map((id) => document.getElementById(id));
  const pay = () => {
    if (!window.WeixinJSBridge) return;
    button.disabled = true;
    notPaid.hidden = refused.hidden = true;
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", order, (answer) => {
      const outcome = answer.err_msg.split(":")[1];
      // What WeChat says here is no proof: the shop asks it again on the way back.
      if (outcome === "ok") return location.replace(back.href);
      button.disabled = false;
      (outcome === "cancel" ? notPaid : refused).hidden = false;
    });
  };
  button.addEventListener("click", pay);
  if (window.WeixinJSBridge) pay();
  else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
})();
