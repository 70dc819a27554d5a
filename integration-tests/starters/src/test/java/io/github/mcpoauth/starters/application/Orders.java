// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters.application;

import org.springframework.data.jpa.repository.JpaRepository;

/**
 * A repository of Spring Data.
 */
interface Orders extends JpaRepository<Order, Long> {

}
