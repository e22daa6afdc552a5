import { chapter } from "./chapter.js";

export const mount = (host, props, watch) => chapter(host, props, watch, () => ({ show() {} }));
