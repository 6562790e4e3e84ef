import type { Field, Option } from './form.ts'
import { folderKinds, type PlaceFieldName } from './escrow-places-draft.ts'

const kinds: readonly Option[] = [
  { value: 'folder', label: 'Folder', detail: 'On a disk of this computer' },
  { value: 'network-share', label: 'Network share', detail: 'Mounted here' },
  { value: 'usb', label: 'USB medium', detail: 'Taken away afterwards' },
  {
    value: 'blob-container',
    label: 'Blob container',
    detail: 'Of a storage account in the subscription of the screen “Keys”',
  },
]
const none: Option = { value: 'none', label: 'None' }

/** A place of a package: what kind it is first, then the folder or the container. */
export const placeFields = (own: {
  name: PlaceFieldName
  label: string
  why: string
  optional: boolean
}): Field[] => {
  const { name, label, why, optional } = own
  const inFolder = { field: `${name}Kind`, is: folderKinds }
  const inContainer = { field: `${name}Kind`, is: ['blob-container'] }
  return [
    {
      kind: 'choice',
      name: `${name}Kind`,
      label,
      why,
      options: optional ? [none, ...kinds] : kinds,
    },
    {
      kind: 'place',
      name,
      label: `${label}: folder`,
      why: 'The package is a folder of its own in it. The kind of place stands in the list of packages, so that a person finds the medium',
      when: inFolder,
    },
    {
      kind: 'pick',
      name: `${name}Account`,
      label: `${label}: storage account`,
      why: 'Reached with the sign-in of the connection, not with an access key',
      rule: 'The sign-in needs Storage Blob Data Contributor on the container: blobs/read, blobs/write and, to take back what was broken off, blobs/delete',
      from: 'storageAccounts',
      many: false,
      when: inContainer,
    },
    {
      kind: 'pick',
      name: `${name}Container`,
      label: `${label}: container`,
      why: 'Each file of the package is a blob below the package’s name; nothing that is there is written over',
      rule: 'One without public access. Keyturn makes none here',
      from: `${name}Containers`,
      many: false,
      when: { field: `${name}Account`, filled: true, also: inContainer },
    },
  ]
}
