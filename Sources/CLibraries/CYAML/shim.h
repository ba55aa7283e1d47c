#ifndef REPRISE_CYAML_SHIM_H
#define REPRISE_CYAML_SHIM_H

#include <yaml.h>

#endif
