// What needs no connection: also for the embedded engine, which makes users of it.
export {
  ACCOUNT_PREFIX,
  ACCOUNT_SYSTEM_FILTERS,
  accountFilter,
  accountLogin,
  accountOf,
} from './account-name.ts'
export type { Grant, Limit, Quota, Role, RoleName } from './role.ts'
export { ROLES, roleNamed } from './roles.ts'
export { grantParts, roleOn, rolesSql, type RolesPlace } from './roles-sql.ts'
export { escapeXml, grantsXml, usersXml } from './users-xml.ts'
