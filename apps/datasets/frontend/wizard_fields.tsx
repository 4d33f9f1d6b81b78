/** Fields of the wizard: each sends what it holds when it is left, and shows its own problem. */

import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { withoutField } from "../../core/frontend/sentences";
import type { Triple } from "./plan_contract";

export interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly problem?: string | null;
  readonly help?: ComponentChildren;
}

export function Problem({ id, problem }: { readonly id: string; readonly problem: string | null }) {
  return (
    <p class="form__error" id={`${id}-problem`} role="alert" hidden={problem === null}>
      {problem === null ? "" : withoutField(problem)}
    </p>
  );
}

/** Shows what is kept, but never over what somebody is typing: answers come at any time. */
function useShown(value: string): RefObject<HTMLInputElement> {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (field.current !== null && field.current !== document.activeElement) {
      field.current.value = value;
    }
  }, [value]);
  return field;
}

function described(props: FieldProps): JSX.HTMLAttributes<HTMLInputElement> {
  return {
    "aria-invalid": props.problem ? "true" : undefined,
    "aria-describedby": `${props.id}-problem ${props.id}-help`,
  };
}

function Row(props: FieldProps & { readonly isWide?: boolean; readonly children: ComponentChildren }) {
  return (
    <div class={props.isWide === true ? "form__row form__row--wide" : "form__row"}>
      <label for={props.id}>{props.label}</label>
      {props.children}
      {props.help !== undefined && (
        <div class="form__help" id={`${props.id}-help`}>
          {props.help}
        </div>
      )}
      <Problem id={props.id} problem={props.problem ?? null} />
    </div>
  );
}

export function TextField(
  props: FieldProps & {
    readonly value: string;
    readonly placeholder?: string;
    /** What may be chosen instead of being typed. */
    readonly offered?: readonly string[];
    readonly say: (value: string) => void;
  },
) {
  const field = useShown(props.value);
  const { offered = [] } = props;
  return (
    <Row {...props}>
      {offered.length > 0 && (
        <datalist id={`${props.id}-offered`}>
          {offered.map((each) => <option key={each} value={each} />)}
        </datalist>
      )}
      <input
        id={props.id}
        ref={field}
        list={offered.length > 0 ? `${props.id}-offered` : undefined}
        placeholder={props.placeholder}
        spellcheck={false}
        autocomplete="off"
        onChange={(event) => props.say(event.currentTarget.value.trim())}
        {...described(props)}
      />
    </Row>
  );
}

export function Choice(
  props: FieldProps & {
    readonly value: string;
    /** Its words are long. */
    readonly isWide?: boolean;
    readonly options: readonly (readonly [string, string])[];
    readonly say: (value: string) => void;
  },
) {
  return (
    <Row {...props}>
      <select
        id={props.id}
        onChange={(event) => props.say(event.currentTarget.value)}
        aria-invalid={props.problem ? "true" : undefined}
        aria-describedby={`${props.id}-problem`}
      >
        {props.options.map(([value, words]) => (
          <option key={value} value={value} selected={value === props.value}>
            {words}
          </option>
        ))}
      </select>
    </Row>
  );
}

export function Check(props: {
  readonly label: string;
  readonly value: boolean;
  readonly say: (value: boolean) => void;
}) {
  return (
    <label class="form__check">
      <input
        type="checkbox"
        checked={props.value}
        onChange={(event) => props.say(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

function textsOf(group: HTMLElement): readonly string[] {
  return [...group.querySelectorAll("input")].map((input) => input.value.trim());
}

/** Three numbers; when all are empty, null. Nothing is sent while some are, which is said once
 * somebody leaves them. The label may end in the names of the axes. */
export function ThreeNumbers(
  props: FieldProps & {
    readonly value: Triple | null;
    readonly placeholder?: Triple | null;
    readonly whole?: boolean;
    /** They cannot be left out. */
    readonly isNeeded?: boolean;
    readonly say: (value: Triple | null) => void;
  },
) {
  const [isPartial, setPartial] = useState(false);
  const problem = props.problem ?? (isPartial ? "Give all three numbers." : null);
  const isLacking = (texts: readonly string[]) =>
    texts.includes("") && (props.isNeeded === true || texts.some((each) => each !== ""));
  const send = (group: HTMLElement) => {
    const texts = textsOf(group);
    const numbers = texts.map(Number);
    setPartial((before) => before && isLacking(texts));
    if (texts.every((each) => each === "")) {
      if (props.isNeeded !== true) {
        props.say(null);
      }
    } else if (texts.every((each) => each !== "") && numbers.every(Number.isFinite)) {
      props.say(numbers as unknown as Triple);
    }
  };
  return (
    <fieldset class="form__row form__row--crop">
      <legend>{props.label}</legend>
      <div
        class="form__triple"
        onFocusOut={(event) => {
          const group = event.currentTarget;
          if (!group.contains(event.relatedTarget as Node | null)) {
            setPartial(isLacking(textsOf(group)));
          }
        }}
      >
        {["x", "y", "z"].map((axis, place) => (
          <OneNumber
            key={axis}
            id={place === 0 ? props.id : `${props.id}-${axis}`}
            step={props.whole === true ? 1 : "any"}
            name={`${props.label.replace(/: x, y, z$/, "")}, ${axis}`}
            value={props.value?.[place]?.toString() ?? ""}
            placeholder={props.placeholder?.[place]?.toString() ?? ""}
            send={send}
            attributes={described({ ...props, problem })}
          />
        ))}
      </div>
      {props.help !== undefined && (
        <div class="form__help" id={`${props.id}-help`}>
          {props.help}
        </div>
      )}
      <Problem id={props.id} problem={problem} />
    </fieldset>
  );
}

function OneNumber(props: {
  readonly id: string;
  readonly step: number | "any";
  readonly name: string;
  readonly value: string;
  readonly placeholder: string;
  readonly send: (group: HTMLElement) => void;
  readonly attributes: JSX.HTMLAttributes<HTMLInputElement>;
}) {
  const field = useShown(props.value);
  return (
    <input
      id={props.id}
      ref={field}
      type="number"
      step={props.step}
      min={0}
      aria-label={props.name}
      placeholder={props.placeholder}
      onChange={(event) => props.send(event.currentTarget.parentElement as HTMLElement)}
      {...props.attributes}
    />
  );
}

export function nm(sizes: Triple): string {
  return `${sizes.map((each) => Number(each.toPrecision(6))).join(" × ")} nm`;
}
