import { useId, type ReactNode } from 'react'
import { Column, PanelHeading } from '../../ui/Panel.tsx'

/** Fields that belong together, under their heading. */
export const FormSection = ({ title, children }: { title: string; children: ReactNode }) => {
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <Column>
        <PanelHeading id={id}>{title}</PanelHeading>
        {children}
      </Column>
    </section>
  )
}
