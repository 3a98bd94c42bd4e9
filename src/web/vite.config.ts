/**
 * @file How the page is built. Everything is emitted as a file: the page's Content-Security-Policy allows
 * nothing inline and nothing from elsewhere.
 */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // `vite` for working on the page, beside a server on its default port.
  server: { host: "127.0.0.1", proxy: { "/api": "http://127.0.0.1:8080" } },
});
