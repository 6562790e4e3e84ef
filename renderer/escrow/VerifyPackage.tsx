import Button from '@mui/material/Button'
import { useState } from 'react'
import type { PackageLook } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { ask, useAction } from '../bridge/index.ts'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { ButtonRow, Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { ContainerPackages } from './ContainerPackages.tsx'
import { PackageFound } from './PackageFound.tsx'

/** A package in a folder or a container, checked as far as that goes without a key. */
export const VerifyPackage = () => {
  const [found, setFound] = useState<PackageLook | null>(null)
  const [last, setLast] = useState<'folder' | 'container'>('folder')
  const picker = usePlacePicker()
  const verify = useAction(async () => {
    setLast('folder')
    const place = await picker.pick('package')
    if (place === null) return
    setFound(null)
    setFound(await ask('escrow.verifyPackage', { place: place.id }))
  })
  return (
    <Column>
      <PageHeader
        title="Is this package whole, and who signed it?"
        page="Verify a package"
        up={{ label: 'Escrow', hash: hashOf.escrow() }}
        purpose="The package is read as a whole and compared with its signed manifest. Nothing is opened, and no share is needed."
      />
      <Panel aria-labelledby="in-folder">
        <PanelHeading id="in-folder">In a folder</PanelHeading>
        <ButtonRow>
          <Button variant="contained" aria-disabled={verify.busy} onClick={() => void verify.run()}>
            {verify.busy ? 'Reading the package …' : 'Choose folder and verify'}
          </Button>
        </ButtonRow>
      </Panel>
      {verify.problem === null || last !== 'folder' ? null : <ProblemPanel problem={verify.problem} />}
      <ContainerPackages
        isLast={last === 'container'}
        onBegin={() => setLast('container')}
        onFound={setFound}
      />
      <div role="status">{found === null ? null : <PackageFound found={found} />}</div>
      {picker.dialog}
    </Column>
  )
}
