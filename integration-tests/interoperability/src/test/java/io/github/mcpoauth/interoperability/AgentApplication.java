// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

/**
 * An application with the starter and nothing else.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class AgentApplication {

}
