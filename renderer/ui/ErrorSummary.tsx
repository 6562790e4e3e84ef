import Link from '@mui/material/Link'
import { styled } from '@mui/material/styles'
import { useEffect, useId, useRef } from 'react'
import { count } from './format.ts'

export interface FieldError {
  /** Id of the element that takes focus. */
  elementId: string
  message: string
}

const Panel = styled('section')(({ theme }) => ({
  border: `2px solid ${theme.vars.palette.status.blocked}`,
  borderRadius: 4,
  padding: 16,
  backgroundColor: theme.vars.palette.background.paper,
  '& ul': { marginTop: 8, paddingInlineStart: 20 },
  '& li': { minHeight: 24 },
}))
const Heading = styled('h2')(({ theme }) => ({ ...theme.typography.h2 }))

const stops = 'input, textarea, select, button, a[href], [role="combobox"], [tabindex="0"]'

/** Something that Tab would stop at: not switched off, not a helper that is hidden from everybody. */
const takesFocus = (element: HTMLElement): boolean =>
  element.tabIndex >= 0 &&
  !element.matches(':disabled, [type="hidden"]') &&
  element.closest('[aria-hidden="true"], [hidden]') === null

/** Of a group: the chosen option, as Tab would land there; else its first control. */
const controlIn = (group: HTMLElement): HTMLElement | undefined => {
  const controls = Array.from(group.querySelectorAll<HTMLElement>(stops)).filter(takesFocus)
  return controls.find((one) => one.matches('input[type="radio"]:checked')) ?? controls[0]
}

/** Moves focus to a field, or to the control inside a group. A group without one takes focus itself. */
export const focusElement = (elementId: string): void => {
  const element = document.getElementById(elementId)
  if (!element) return
  const isControl = element.matches(stops) && takesFocus(element)
  const control = isControl ? element : (controlIn(element) ?? element)
  control.focus()
  element.scrollIntoView({ block: 'nearest' })
}

/** What has to change before Next, with a way to each field. `attempt` grows with each press of Next: it takes focus then. */
export const ErrorSummary = ({ errors, attempt }: { errors: readonly FieldError[]; attempt: number }) => {
  const heading = useRef<HTMLHeadingElement>(null)
  const id = useId()
  useEffect(() => {
    if (attempt > 0) heading.current?.focus()
  }, [attempt])
  if (errors.length === 0) return null
  return (
    <Panel aria-labelledby={id}>
      <Heading id={id} ref={heading} tabIndex={-1}>
        {count(errors.length, 'answer needs a change', 'answers need a change')}
      </Heading>
      <ul>
        {errors.map(({ elementId, message }) => (
          <li key={`${elementId} ${message}`}>
            <Link
              component="button"
              type="button"
              onClick={() => focusElement(elementId)}
              sx={{ textAlign: 'start' }}
            >
              {message}
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
