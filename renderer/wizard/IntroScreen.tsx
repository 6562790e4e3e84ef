import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { FormDescription } from '../../shared/forms/form.ts'
import type { Environment } from '../../shared/model/target.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import type { DraftStore } from './draft-store.ts'
import { WizardFooter } from './WizardFooter.tsx'

const List = styled('ul')({ paddingInlineStart: 20, '& li + li': { marginTop: 4 }, maxWidth: '75ch' })

const Part = ({ title, lines }: { title: string; lines: readonly string[] }) =>
  lines.length === 0 ? null : (
    <Panel>
      <PanelHeading>{title}</PanelHeading>
      <List>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </List>
    </Panel>
  )

/** Before any field: what will change, what is needed, what stays. */
export const IntroScreen = (props: {
  form: FormDescription
  store: DraftStore
  environment: Environment | null
  onNext: () => void
}) => {
  const { intro, title } = props.form
  return (
    <Column>
      <PageHeader
        title={intro.question}
        page={title}
        environment={props.environment}
        purpose={intro.minutes}
      />
      <Part title="What will change" lines={intro.changes} />
      <Part title="What is needed" lines={intro.needs} />
      {intro.cannotBeUndone.length === 0 ? null : (
        <Panel>
          <PanelHeading>
            <StatusMark mark="attention" word="What can’t be undone" />
          </PanelHeading>
          <List>
            {intro.cannotBeUndone.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </List>
        </Panel>
      )}
      <WizardFooter store={props.store}>
        <Button variant="contained" onClick={props.onNext}>
          Next
        </Button>
      </WizardFooter>
    </Column>
  )
}
