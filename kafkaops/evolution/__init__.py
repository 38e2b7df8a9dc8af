"""Whether the schemas of a project can evolve as they are about to.

From a spec and an earlier state (git, a registry, a folder) to findings: which versions count (`baseline`,
`history`, `registry_versions`), at which level (`levels`), what the checker says (`judge`), what moved besides
(`movements`), who is affected (`affected`), and what was suppressed with a reason (`suppress`).
"""
