export interface Region {
  name: string
  displayName: string
  geography: string
  /** The other region of its pair. */
  paired: string
}

/** Backup blobs open within one geography. */
export const REGIONS: readonly Region[] = (
  [
    ['westeurope', 'West Europe', 'Europe', 'northeurope'],
    ['northeurope', 'North Europe', 'Europe', 'westeurope'],
    ['germanywestcentral', 'Germany West Central', 'Germany', 'germanynorth'],
    ['germanynorth', 'Germany North', 'Germany', 'germanywestcentral'],
    ['uksouth', 'UK South', 'United Kingdom', 'ukwest'],
    ['ukwest', 'UK West', 'United Kingdom', 'uksouth'],
    ['eastus', 'East US', 'United States', 'westus'],
    ['westus', 'West US', 'United States', 'eastus'],
    ['canadacentral', 'Canada Central', 'Canada', 'canadaeast'],
    ['canadaeast', 'Canada East', 'Canada', 'canadacentral'],
  ] as const
).map(([name, displayName, geography, paired]) => ({ name, displayName, geography, paired }))

/** Accepts `West Europe` as well as `westeurope`. */
export const regionOf = (location: string): Region | undefined => {
  const name = location.toLowerCase().replaceAll(' ', '')
  return REGIONS.find((each) => each.name === name)
}
