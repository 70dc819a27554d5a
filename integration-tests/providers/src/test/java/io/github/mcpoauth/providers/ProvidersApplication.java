// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.providers;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application with the starter and no code of its own.
 */
@SpringBootApplication
class ProvidersApplication {

}
