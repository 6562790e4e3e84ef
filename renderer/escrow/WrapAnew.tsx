import Button, { type ButtonProps } from '@mui/material/Button'
import type { MouseEvent } from 'react'
import { go, hashOf } from '../app/routes.ts'
import { openWith } from '../wizard/open-with.ts'

const job = 'escrow-rewrap'

/** The door to wrapping packages anew, with the old group filled in; where no draft can be made, the plain one. */
export const WrapAnew = ({
  group,
  variant,
  children,
}: Pick<ButtonProps, 'variant' | 'children'> & { group: string }) => {
  const plain = hashOf.newWizard(job)
  const open = (event: MouseEvent): void => {
    event.preventDefault()
    void openWith(job, { oldGroup: group }).then(go, () => go(plain))
  }
  return (
    <Button variant={variant ?? 'outlined'} href={plain} onClick={open}>
      {children}
    </Button>
  )
}
