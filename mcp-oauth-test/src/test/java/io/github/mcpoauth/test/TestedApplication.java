// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/**
 * The application under test, which configures its servers in application.yml.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class TestedApplication {

}
