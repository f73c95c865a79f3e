// The types of ui.js are those of the packages that it is made of (node_modules, for tsc only).
import type { VNode } from "preact";

export { Component, Fragment, createContext, createRef, h, render } from "preact";
export type { ComponentChildren, RefObject, VNode } from "preact";
export { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { Signal, batch, computed, effect, signal, untracked } from "@preact/signals-core";
export type { ReadonlySignal } from "@preact/signals-core";
export { useComputed, useSignal, useSignalEffect } from "@preact/signals";

/** A view as a tagged template. One root element: more give an array at run time, which no view here wants. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode<any>;
