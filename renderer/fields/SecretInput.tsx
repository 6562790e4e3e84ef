import InputAdornment from '@mui/material/InputAdornment'
import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from 'react'

/**
 * A secret while it is typed: in the input and nowhere else. No state, form library or store ever holds it.
 */
export interface SecretControl {
  input: RefObject<HTMLInputElement | null>
  isEmpty: () => boolean
  /** What `look` makes of the text; the text itself must not be kept. */
  look: <Result>(look: (text: string) => Result) => Result
  /** Gives the text once and empties the input. */
  take: () => string
  focus: () => void
}

export const useSecretControl = (): SecretControl => {
  const input = useRef<HTMLInputElement>(null)
  return useMemo(
    () => ({
      input,
      isEmpty: () => (input.current?.value ?? '') === '',
      look: (look) => look(input.current?.value ?? ''),
      take: () => {
        const element = input.current
        if (!element) return ''
        const text = element.value
        element.value = ''
        return text
      },
      focus: () => input.current?.focus(),
    }),
    [],
  )
}

const shownSeconds = 30

/** Whether the text is readable now: ends after 30 s and when the window loses focus; locking unmounts it. */
const useShow = (): [boolean, (show: boolean) => void] => {
  const [show, setShow] = useState(false)
  useEffect(() => {
    if (!show) return
    const hide = () => setShow(false)
    const timer = window.setTimeout(hide, shownSeconds * 1000)
    window.addEventListener('blur', hide)
    return () => {
      window.clearTimeout(timer)
      window.removeEventListener('blur', hide)
    }
  }, [show])
  return [show, setShow]
}

interface Props {
  id: string
  control: SecretControl
  describedBy?: string
  invalid?: boolean
  autoFocus?: boolean
  /** For screen readers where there is no visible label. */
  label?: string
  /** Most characters; default 4096. */
  maxLength?: number
  /** Told on each change, without the text. */
  onTyped?: () => void
  /** Focus left the input and its Show button. */
  onLeft?: () => void
  onEnter?: () => void
}

/** The input itself with Show. Uncontrolled on purpose. Paste is allowed; nothing can be copied out while hidden. */
export const SecretInput = (props: Props) => {
  const { id, control, onTyped, onLeft, onEnter } = props
  const [show, setShow] = useShow()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = control.input.current
    return () => {
      // The node may outlive the page in a heap snapshot: it must be empty by then.
      if (element) element.value = ''
    }
  }, [control])
  const left = useCallback(
    (next: EventTarget | null) => {
      if (next instanceof Node && box.current?.contains(next)) return
      setShow(false)
      onLeft?.()
    },
    [onLeft, setShow],
  )
  return (
    <OutlinedInput
      ref={box}
      id={id}
      inputRef={control.input}
      type={show ? 'text' : 'password'}
      fullWidth
      autoFocus={props.autoFocus ?? false}
      error={props.invalid ?? false}
      onInput={onTyped}
      onBlur={(event) => left(event.relatedTarget)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onEnter?.()
      }}
      endAdornment={
        <InputAdornment position="end">
          <Button
            size="small"
            variant="text"
            aria-pressed={show}
            onClick={() => setShow(!show)}
            onBlur={(event) => left(event.relatedTarget)}
          >
            {show ? 'Hide' : 'Show'}
          </Button>
        </InputAdornment>
      }
      inputProps={{
        'aria-describedby': props.describedBy,
        'aria-invalid': props.invalid ?? false,
        'aria-label': props.label,
        autoComplete: 'off',
        autoCapitalize: 'off',
        autoCorrect: 'off',
        spellCheck: false,
        maxLength: props.maxLength ?? 4096,
      }}
    />
  )
}
